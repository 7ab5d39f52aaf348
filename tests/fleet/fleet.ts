import type { EngineServer } from './engines/engine-server.ts'
import { type EngineName, startEngine } from './engines/start-engine.ts'
import { FleetServer } from './server.ts'

export interface FleetOptions {
  servers: number
  /** Whether the engine is to keep what it acknowledged over `kill -9`; one that cannot do otherwise always does. */
  isDurable?: boolean
  /** Events kept; default all. */
  maxEvents?: number | undefined
}

/** Server processes on one engine: all of them real, on ports of their own. */
export class Fleet implements AsyncDisposable {
  readonly engine: EngineServer
  readonly servers: readonly FleetServer[]

  static async start(name: EngineName, { servers, isDurable, maxEvents }: FleetOptions): Promise<Fleet> {
    const engine = await startEngine(name, isDurable)
    const names = Array.from({ length: servers }, (_, index) => `server ${index + 1}`)
    return new Fleet(
      engine,
      await Promise.all(names.map((each) => FleetServer.start(each, engine, maxEvents))),
    )
  }

  private constructor(engine: EngineServer, servers: readonly FleetServer[]) {
    this.engine = engine
    this.servers = servers
  }

  server(index: number): FleetServer {
    return this.servers[index % this.servers.length] as FleetServer
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const server of this.servers) await server[Symbol.asyncDispose]()
    await this.engine[Symbol.asyncDispose]()
  }
}
