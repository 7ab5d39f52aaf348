import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chownSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { Client } from 'pg'

const DEBIAN = '/usr/lib/postgresql'

/** A server of its own, as it is installed: every commit waits for the disk. */
export async function startPostgres(): Promise<{ url: string; stop(): Promise<void> }> {
  const version = readdirSync(DEBIAN).sort((a, b) => Number(b) - Number(a))[0] ?? ''
  const program = (name: string) => join(DEBIAN, version, 'bin', name)
  const folder = mkdtempSync(join(tmpdir(), 'sse-bench-postgres-'))
  const id = (flag: string) => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }))
  const user = process.getuid?.() === 0 ? { uid: id('-u'), gid: id('-g') } : {}
  if (user.uid !== undefined) chownSync(folder, user.uid, user.gid)
  const data = join(folder, 'data')
  execFileSync(program('initdb'), ['-D', data, '-A', 'trust', '-U', 'postgres', '-E', 'UTF8', '--locale=C'], {
    stdio: 'ignore',
    cwd: '/',
    ...user,
  })
  const port = await freePort()
  const own = [`port=${port}`, 'listen_addresses=127.0.0.1', 'unix_socket_directories=', 'max_wal_size=4GB']
  const args = ['-D', data, ...own.flatMap((setting) => ['-c', setting])]
  const child = spawn(program('postgres'), args, { stdio: 'ignore', cwd: '/', ...user })
  const url = `postgres://postgres@127.0.0.1:${port}/postgres`
  for (;;) {
    const client = new Client({ connectionString: url })
    client.on('error', () => {})
    try {
      await client.connect()
      await client.end()
      break
    } catch {
      await pause(20)
    }
  }
  return {
    url,
    async stop() {
      const gone = once(child, 'exit')
      child.kill('SIGINT')
      await gone
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  return port
}
