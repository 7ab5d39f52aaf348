import type { EngineServer } from './engine-server.ts'

/** A server as the packages' own tests start it. */
interface TestServer {
  readonly port: number
  readonly url: string
  start(): Promise<void>
  kill(): Promise<void>
  signal(name: NodeJS.Signals): void
  stop(): Promise<void>
}

export function ofServer(server: TestServer, isDurable = true): EngineServer {
  return {
    url: server.url,
    isDurable,
    server: {
      port: server.port,
      urlAt: (port) => server.url.replace(`:${server.port}`, `:${port}`),
      kill: () => server.kill(),
      start: () => server.start(),
      signal: (name) => server.signal(name),
    },
    [Symbol.asyncDispose]: () => server.stop(),
  }
}
