import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { freePort } from '@sse/test-support/free-port'

export const names = ['express', 'fastify', 'hono'] as const
export type ExampleName = (typeof names)[number] | 'metrics' | 'html' | 'chat' | 'job'

export interface Example extends AsyncDisposable {
  url: string
  port: number
  /** Timers that keep the process alive: one for each source that waits. */
  timers(): Promise<number>
  /** Stops it with a signal; resolves with its exit code. */
  stop(signal?: NodeJS.Signals): Promise<number | null>
}

/** Runs an example as its own `start` script would, and waits for the line that tells the URL. */
export async function startExample(name: ExampleName, env: Record<string, string> = {}): Promise<Example> {
  const child = spawnExample(name, { PORT: String(await freePort()), ...env })
  const exited = once(child, 'exit').then(([code]) => code as number | null)
  const url = await Promise.race([
    firstUrl(child),
    exited.then((code) => Promise.reject(new Error(`${name} ended with ${code} before it listened`))),
  ])
  const stop = async (signal: NodeJS.Signals = 'SIGTERM') => {
    child.kill(signal)
    return exited
  }
  return {
    url,
    port: Number(new URL(url).port),
    async timers() {
      child.send('timers')
      const [count] = await once(child, 'message')
      return count as number
    },
    stop,
    async [Symbol.asyncDispose]() {
      await stop('SIGKILL')
    },
  }
}

export function spawnExample(name: ExampleName, env: Record<string, string>): ChildProcess {
  const cwd = fileURLToPath(new URL(`../../examples/${name}`, import.meta.url))
  const { scripts } = JSON.parse(readFileSync(`${cwd}/package.json`, 'utf8'))
  const [command, ...args] = scripts.start.split(' ')
  if (command !== 'node') throw new Error(`start of ${name} is not node: ${scripts.start}`)
  const preload = new URL('report-timers.mjs', import.meta.url).href
  const { PORT: _, ...inherited } = process.env
  return spawn(process.execPath, ['--import', preload, ...args], {
    cwd,
    env: { ...inherited, ...env },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  })
}

async function firstUrl(child: ChildProcess): Promise<string> {
  child.stderr?.pipe(process.stderr)
  for await (const line of createInterface({ input: child.stdout! })) {
    const found = line.match(/http:\S+/)
    if (found) return found[0]
  }
  throw new Error('it printed no URL')
}
