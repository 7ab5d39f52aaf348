import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { freePort } from './free-port.ts'

/** Debian puts it where the path of a user need not lead. */
export const program: string = ['nats-server', '/usr/sbin/nats-server'].find(runs) ?? 'nats-server'

/** Whether there is a server to test with. In CI there has to be one. */
export const hasNats: boolean = isInstalled()

function isInstalled(): boolean {
  if (runs(program)) return true
  const message = 'nats-server is not installed: the tests of @sse/nats cannot run (Debian: nats-server)'
  if (process.env.CI) throw new Error(message)
  console.warn(`\n!!! ${message}\n`)
  return false
}

function runs(name: string): boolean {
  try {
    execFileSync(name, ['--version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

/** A real server in a folder of its own, as a child process, configured by a file. */
export class NatsServer {
  readonly port: number
  readonly folder: string
  readonly #config: string
  #process: ChildProcess | undefined

  static async start(config?: string): Promise<NatsServer> {
    const server = new NatsServer(await freePort(), config)
    await server.start()
    return server
  }

  /** Starts on another port with the files of this one, which has to be dead. */
  async moved(): Promise<NatsServer> {
    const server = new NatsServer(await freePort(), this.#config, this.folder)
    await server.start()
    return server
  }

  /** @param config beside address and folder; `FOLDER` in it is the server's own. */
  constructor(
    port: number,
    config = 'jetstream { store_dir: "FOLDER" }',
    folder = mkdtempSync(join(tmpdir(), 'sse-nats-')),
  ) {
    this.port = port
    this.folder = folder
    this.#config = config
  }

  get url(): string {
    return `nats://127.0.0.1:${this.port}`
  }

  async start(): Promise<void> {
    const file = join(this.folder, 'server.conf')
    const config = this.#config.replaceAll('FOLDER', this.folder)
    writeFileSync(file, `listen: "127.0.0.1:${this.port}"\n${config}\n`)
    const child = spawn(program, ['-c', file, '-l', join(this.folder, 'server.log')], { stdio: 'ignore' })
    this.#process = child
    while (!(await isListening(this.port))) {
      if (child.exitCode !== null) throw new Error(`nats-server ended with ${child.exitCode}: ${config}`)
      await pause(5)
    }
  }

  signal(name: NodeJS.Signals): void {
    this.#process?.kill(name)
    if (name !== 'SIGSTOP') return
    // A thread that runs on another core answers until the signal has reached it.
    while (!isStopped(this.#process?.pid)) {}
  }

  async kill(): Promise<void> {
    const child = this.#process
    this.#process = undefined
    if (!child || child.exitCode !== null) return
    const gone = once(child, 'exit')
    child.kill('SIGKILL')
    await gone
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

/** Whether all its threads have stopped; where there is no /proc, they are taken to have. */
function isStopped(pid: number | undefined): boolean {
  const tasks = `/proc/${pid}/task`
  if (!existsSync(tasks)) return true
  return readdirSync(tasks).every((task) => {
    try {
      return /^State:\s+[TZX]/m.test(readFileSync(join(tasks, task, 'status'), 'utf8'))
    } catch {
      return true // it has ended meanwhile
    }
  })
}
