import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { freePort } from './free-port.ts'

/** Whether there is a server to test with. In CI there has to be one. */
export const hasRedis: boolean = isInstalled()

function isInstalled(): boolean {
  try {
    execFileSync('redis-server', ['--version'], { stdio: 'ignore' })
    return true
  } catch {
    const message = 'redis-server is not installed: the tests of @sse/redis cannot run (Debian: redis-server)'
    if (process.env.CI) throw new Error(message)
    console.warn(`\n!!! ${message}\n`)
    return false
  }
}

/** A real server in a folder of its own, as a child process. */
export class RedisServer {
  readonly port: number
  readonly folder: string
  readonly #args: readonly string[]
  #process: ChildProcess | undefined

  static async start(...args: string[]): Promise<RedisServer> {
    const server = new RedisServer(await freePort(), args)
    await server.start()
    return server
  }

  /** Starts on another port with the files of this one, which has to be dead. */
  async moved(): Promise<RedisServer> {
    const server = new RedisServer(await freePort(), this.#args, this.folder)
    await server.start()
    return server
  }

  constructor(port: number, args: readonly string[], folder = mkdtempSync(join(tmpdir(), 'sse-redis-'))) {
    this.port = port
    this.folder = folder
    this.#args = args
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`
  }

  get address(): { host: string; port: number } {
    return { host: '127.0.0.1', port: this.port }
  }

  async start(...more: string[]): Promise<void> {
    const own = [
      '--repl-diskless-sync-delay',
      '0',
      '--port',
      String(this.port),
      '--bind',
      '127.0.0.1',
      '--dir',
      this.folder,
    ]
    const disk = this.#writesToDisk ? [] : ['--save', '', '--appendonly', 'no']
    await this.startAs('redis-server', [...this.#args, ...more, ...own, ...disk])
  }

  async startAs(program: string, args: readonly string[]): Promise<void> {
    const child = spawn(program, args, { stdio: 'ignore' })
    this.#process = child
    while (!(await isListening(this.port))) {
      if (child.exitCode !== null)
        throw new Error(`${program} ended with ${child.exitCode}: ${args.join(' ')}`)
      await pause(5)
    }
  }

  get isRunning(): boolean {
    return this.#process !== undefined
  }

  get #writesToDisk(): boolean {
    return this.#args.includes('--appendonly') || this.#args.includes('--save')
  }

  signal(name: NodeJS.Signals): void {
    this.#process?.kill(name)
  }

  async kill(): Promise<void> {
    const child = this.#process
    this.#process = undefined
    if (!child || child.exitCode !== null) return
    const gone = once(child, 'exit')
    child.kill('SIGKILL')
    await gone
  }

  /** Runs one command, as the machine's own client would. @returns what was answered, as text. */
  command(...words: string[]): string {
    const password = this.#args[this.#args.indexOf('--requirepass') + 1]
    return execFileSync('redis-cli', ['-p', String(this.port), '--raw', ...words], {
      encoding: 'utf8',
      env: { ...process.env, ...(this.#args.includes('--requirepass') && { REDISCLI_AUTH: password }) },
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim()
  }

  info(field: string): string {
    return new RegExp(`^${field}:(\\S*)`, 'm').exec(this.command('INFO', 'everything'))?.[1] ?? ''
  }

  async stop(): Promise<void> {
    await this.kill()
    rmSync(this.folder, { recursive: true, force: true })
  }
}

function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}
