import { engineSuite, type OpenedEngine } from '@sse/engine-conformance'
import { hasPostgres } from '@sse/test-support/postgres-programs'
import { PostgresServer } from '@sse/test-support/postgres-server'
import { describe, it } from 'vitest'
import { type PostgresEngine, postgres } from './index.ts'

/** Each starts a server, and every crash another: few, with more in a separate run. */
const seeds = Number(process.env.CONFORMANCE_CRASH_SEEDS ?? 2)

/** A log on a separate server, all of whose processes are killed with -9. */
async function open(): Promise<OpenedEngine> {
  let server = await PostgresServer.start('fsync=off')
  const engines: PostgresEngine[] = []
  const connect = () => {
    const engine = postgres({ url: server.url, timeoutMs: 2_000, onWarning: () => {} })
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
      return connect()
    },
    close: async () => {
      for (const engine of engines) await engine.close()
      await server.stop()
    },
  }
}

describe.skipIf(!hasPostgres)('postgres() on a server that crashes', () => {
  const abilities = ['another', 'reopen', 'crash', 'presence'] as const
  const cases = engineSuite({ name: 'postgres', open, abilities, seeds })
  for (const { name, run } of cases.filter(({ name }) => /crash|seeds/.test(name))) it(name, run, 120_000)
})
