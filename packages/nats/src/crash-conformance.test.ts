import { engineSuite, type OpenedEngine } from '@sse/engine-conformance'
import { hasNats, NatsServer } from '@sse/test-support/nats-server'
import { describe, it } from 'vitest'
import { type NatsEngine, nats } from './index.ts'

/** Each starts a server, and every crash another: few, with more in a separate run. */
const seeds = Number(process.env.CONFORMANCE_CRASH_SEEDS ?? 4)

/** A log on a separate server, which is killed with -9. */
async function open(): Promise<OpenedEngine> {
  let server = await NatsServer.start()
  const servers = [server]
  const engines: NatsEngine[] = []
  const connect = () => {
    const engine = nats({ servers: server.url, timeoutMs: 2_000 })
    engines.push(engine)
    return engine
  }
  return {
    engine: connect(),
    another: async () => connect(),
    reopen: async () => connect(),
    crash: async () => {
      await server.kill()
      // Elsewhere, so that the engines before do not find it.
      server = await server.moved()
      servers.push(server)
      return connect()
    },
    close: async () => {
      for (const engine of engines) await engine.close()
      for (const each of servers) await each.stop()
    },
  }
}

describe.skipIf(!hasNats)('nats() on a server that crashes', () => {
  const cases = engineSuite({
    name: 'nats',
    open,
    abilities: ['another', 'reopen', 'crash', 'presence'],
    appends: 'in part',
    keys: 'for a time',
    seeds,
  }).filter(({ name }) => /crash|seeds/.test(name))
  for (const { name, run } of cases) it(name, run, 120_000)
})
