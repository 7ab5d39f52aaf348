import { engineSuite, type OpenedEngine } from '@sse/engine-conformance'
import { hasPostgres } from '@sse/test-support/postgres-programs'
import { PostgresServer } from '@sse/test-support/postgres-server'
import { TcpProxy } from '@sse/test-support/tcp-proxy'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { type PostgresEngine, postgres } from './index.ts'

const seeds = Number(process.env.CONFORMANCE_SEEDS ?? 15)

let server: PostgresServer
/** Counts what engines send. */
let relay: TcpProxy
let url: string
beforeAll(async () => {
  if (!hasPostgres) return
  server = await PostgresServer.start('fsync=off')
  relay = await TcpProxy.open(server.port)
  url = server.url.replace(String(server.port), String(relay.port))
})
afterAll(async () => {
  await relay?.stop()
  await server?.stop()
})

let logs = 0

async function open(): Promise<OpenedEngine> {
  const name = `log-${++logs}`
  const engines: PostgresEngine[] = []
  const connect = () => {
    const engine = postgres({ url, name, onWarning: () => {} })
    engines.push(engine)
    return engine
  }
  return {
    engine: connect(),
    another: async () => connect(),
    reopen: async () => connect(),
    traffic: () => relay.sent,
    close: async () => {
      for (const engine of engines) await engine.close()
    },
  }
}

describe.skipIf(!hasPostgres)('postgres()', () => {
  const cases = engineSuite({
    name: 'postgres',
    open,
    abilities: ['another', 'reopen', 'presence', 'traffic'],
    seeds,
  })
  for (const { name, run } of cases) it(name, run, 120_000)
})
