import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chownSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { Client } from 'pg'
import { freePort } from './free-port.ts'
import { asUser, program } from './programs.ts'

export { hasPostgres } from './programs.ts'

/** A folder that the user of the servers may write. */
export function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'sse-postgres-'))
  if (asUser.uid !== undefined && asUser.gid !== undefined) chownSync(folder, asUser.uid, asUser.gid)
  return folder
}

/** A real server in a folder of its own, as a child process. Its user is `postgres`, without a password. */
export class PostgresServer {
  readonly port: number
  readonly folder: string
  readonly #settings: readonly string[]
  #process: ChildProcess | undefined

  /** @param settings as `wal_level=replica`. Nothing is lost by `kill -9`; power cuts are not tested. */
  static async start(...settings: string[]): Promise<PostgresServer> {
    const server = new PostgresServer(await freePort(), newFolder(), settings)
    const options = ['-A', 'trust', '-U', 'postgres', '--no-sync', '-E', 'UTF8', '--locale=C']
    execFileSync(program('initdb'), ['-D', server.data, ...options], { stdio: 'ignore', cwd: '/', ...asUser })
    await server.start()
    return server
  }

  /** Starts on another port with the files of this one, which has to be dead. */
  async moved(): Promise<PostgresServer> {
    const server = new PostgresServer(await freePort(), this.folder, this.#settings)
    await server.start()
    return server
  }

  constructor(port: number, folder: string, settings: readonly string[] = []) {
    this.port = port
    this.folder = folder
    this.#settings = settings
  }

  get data(): string {
    return join(this.folder, 'data')
  }

  get url(): string {
    return `postgres://postgres@127.0.0.1:${this.port}/postgres`
  }

  async start(): Promise<void> {
    const own = [
      `port=${this.port}`,
      'listen_addresses=127.0.0.1',
      'unix_socket_directories=',
      'max_connections=200',
    ]
    const settings = [...own, ...this.#settings].flatMap((setting) => ['-c', setting])
    const run = () =>
      spawn(program('postgres'), ['-D', this.data, ...settings], { stdio: 'ignore', cwd: '/', ...asUser })
    let child = run()
    this.#process = child
    const since = performance.now()
    for (;;) {
      try {
        await this.query('SELECT 1')
        return
      } catch (error) {
        if (child.exitCode !== null) {
          // After kill -9 it does not start while processes of the one before are still going.
          if (performance.now() - since > 10_000) throw new Error('postgres has ended', { cause: error })
          await pause(50)
          child = run()
          this.#process = child
        }
        if ((error as { code?: string }).code?.startsWith('28')) return // it is up
        await pause(5)
      }
    }
  }

  /** Runs one statement on a connection of its own. */
  async query(
    text: string,
    values: unknown[] = [],
    url: string = this.url,
  ): Promise<Record<string, unknown>[]> {
    const client = new Client({ connectionString: url })
    client.on('error', () => {})
    try {
      await client.connect()
      return (await client.query(text, values)).rows as Record<string, unknown>[]
    } finally {
      await client.end().catch(() => {})
    }
  }

  /** A new database. @returns its URL. */
  async database(name: string): Promise<string> {
    await this.query(`CREATE DATABASE "${name}"`)
    return this.url.replace(/postgres$/, name)
  }

  signal(name: NodeJS.Signals): void {
    for (const pid of this.#pids()) process.kill(pid, name)
  }

  /** With -9, the server and all its processes: none of them gets to say anything. */
  async kill(): Promise<void> {
    const child = this.#process
    this.#process = undefined
    if (!child || child.exitCode !== null) return
    const gone = once(child, 'exit')
    for (const pid of this.#pids(child.pid)) {
      try {
        process.kill(pid, 'SIGKILL')
      } catch {
        // It ended by itself meanwhile.
      }
    }
    await gone
  }

  async stop(): Promise<void> {
    await this.kill()
    rmSync(this.folder, { recursive: true, force: true })
  }

  #pids(main: number | undefined = this.#process?.pid): number[] {
    const file = `/proc/${main}/task/${main}/children`
    const children = existsSync(file) ? readFileSync(file, 'utf8').split(' ').filter(Boolean).map(Number) : []
    return main === undefined ? [] : [main, ...children]
  }
}
