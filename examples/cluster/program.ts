import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'

/** Ends with what to install if a program is missing. */
export function requirePrograms(names: readonly string[]): void {
  const path = `${process.env.PATH}:/usr/sbin:/sbin`
  const missing = names.filter((name) => spawnSync('which', [name], { env: { PATH: path } }).status !== 0)
  if (missing.length === 0) return
  console.error(`This needs ${missing.join(' and ')}. On Debian: sudo apt install ${missing.join(' ')}`)
  process.exit(1)
}

/** Starts a program; what it says on standard error is shown. */
export function start(
  command: string,
  args: readonly string[],
  env: Record<string, string> = {},
): ChildProcess {
  const path = `${process.env.PATH}:/usr/sbin:/sbin`
  return spawn(command, args, {
    env: { ...process.env, PATH: path, ...env },
    stdio: ['ignore', 'ignore', 'inherit'],
  })
}

export async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, 'exit')
  child.kill('SIGTERM')
  await exited
}

export async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const { port } = probe.address() as { port: number }
  probe.close()
  await once(probe, 'close')
  return port
}
