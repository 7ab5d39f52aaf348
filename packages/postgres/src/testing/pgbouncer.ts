import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { freePort } from './free-port.ts'
import { newFolder } from './postgres-server.ts'
import { asUser } from './programs.ts'

/** PgBouncer in transaction mode before a server, with few connections to it. */
export async function startPgbouncer(serverPort: number): Promise<{ port: number; stop(): Promise<void> }> {
  const folder = newFolder()
  const port = await freePort()
  const users = join(folder, 'users.txt')
  const config = join(folder, 'pgbouncer.ini')
  writeFileSync(users, '"postgres" ""\n')
  const lines = [
    '[databases]',
    `* = host=127.0.0.1 port=${serverPort}`,
    '[pgbouncer]',
    'listen_addr = 127.0.0.1',
    `listen_port = ${port}`,
    'unix_socket_dir =',
    'auth_type = trust',
    `auth_file = ${users}`,
    'pool_mode = transaction',
    'default_pool_size = 3',
  ]
  writeFileSync(config, `${lines.join('\n')}\n`)
  for (const file of [users, config]) chmodSync(file, 0o644)
  const child: ChildProcess = spawn('/usr/sbin/pgbouncer', ['-q', config], {
    stdio: 'ignore',
    cwd: '/',
    ...asUser,
  })
  while (!(await isListening(port))) {
    if (child.exitCode !== null) throw new Error('pgbouncer has ended')
    await pause(10)
  }
  return {
    port,
    async stop() {
      const gone = once(child, 'exit')
      child.kill('SIGKILL')
      await gone
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

const isListening = (port: number) =>
  new Promise<boolean>((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
