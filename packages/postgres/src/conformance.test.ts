import { engineSuite, type OpenedEngine } from '@sse/engine-conformance'
import { hasPostgres } from '@sse/test-support/postgres-programs'
import { PostgresServer } from '@sse/test-support/postgres-server'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { type PostgresEngine, postgres } from './index.ts'

const seeds = Number(process.env.CONFORMANCE_SEEDS ?? 15)

let server: PostgresServer
beforeAll(async () => {
  if (hasPostgres) server = await PostgresServer.start('fsync=off')
})
afterAll(() => server?.stop())

let logs = 0

async function open(): Promise<OpenedEngine> {
  const name = `log-${++logs}`
  const engines: PostgresEngine[] = []
  const connect = () => {
    const engine = postgres({ url: server.url, name, onWarning: () => {} })
    engines.push(engine)
    return engine
  }
  return {
    engine: connect(),
    another: async () => connect(),
    reopen: async () => connect(),
    close: async () => {
      for (const engine of engines) await engine.close()
    },
  }
}

describe.skipIf(!hasPostgres)('postgres()', () => {
  const cases = engineSuite({ name: 'postgres', open, abilities: ['another', 'reopen', 'presence'], seeds })
  for (const { name, run } of cases) it(name, run, 120_000)
})
