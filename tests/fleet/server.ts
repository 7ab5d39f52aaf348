import { fileURLToPath } from 'node:url'
import { freePort } from '@sse/test-support/free-port'
import { type Program, startProgram } from '@sse/test-support/program'
import { TcpProxy } from '@sse/test-support/tcp-proxy'
import type { EngineServer } from './engines/engine-server.ts'

const program = fileURLToPath(new URL('server-process.ts', import.meta.url))

/** A server process of a fleet, with a link before it and one between it and the engine, so that both can be cut. */
export class FleetServer implements AsyncDisposable {
  readonly name: string
  readonly #port: number
  readonly #env: Record<string, string>
  readonly readers: TcpProxy
  readonly engine: TcpProxy | undefined
  #process: Program | undefined

  static async start(
    name: string,
    { url, server }: EngineServer,
    maxEvents: number | undefined,
  ): Promise<FleetServer> {
    const port = await freePort()
    const readers = await TcpProxy.open(port)
    const engine = server && (await TcpProxy.open(server.port))
    const env = {
      PORT: String(port),
      ENGINE: server && engine ? server.urlAt(engine.port) : url,
      ...(maxEvents !== undefined && { MAX_EVENTS: String(maxEvents) }),
    }
    const started = new FleetServer(name, port, env, readers, engine)
    await started.start()
    return started
  }

  private constructor(
    name: string,
    port: number,
    env: Record<string, string>,
    readers: TcpProxy,
    engine: TcpProxy | undefined,
  ) {
    this.name = name
    this.#port = port
    this.#env = env
    this.readers = readers
    this.engine = engine
  }

  /** Where readers and publishers find it, whichever process it is by now. */
  get origin(): string {
    return `http://127.0.0.1:${this.readers.port}`
  }

  async start(): Promise<void> {
    const options = ['--conditions=@sse/source', '--expose-gc', '--disable-warning=ExperimentalWarning']
    this.#process = startProgram(process.execPath, [...options, program], { env: this.#env })
    await this.#process.says(/listening/)
  }

  async kill(): Promise<void> {
    await this.#process?.stop('SIGKILL')
  }

  signal(name: 'SIGSTOP' | 'SIGCONT'): void {
    this.#process?.signal(name)
  }

  /** What it weighs after a collection, in bytes, and what its hub says of itself. */
  async weigh(): Promise<{ rss: number; heapUsed: number; connections: number; gaps: number }> {
    // Past the link: it is not to be cut.
    return (await fetch(`http://127.0.0.1:${this.#port}/memory`)).json()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.readers.stop()
    await this.engine?.stop()
    await this.kill()
  }
}
