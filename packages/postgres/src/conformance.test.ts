import { engineSuite, type OpenedEngine } from '@sse/engine-conformance'
import { hasPostgres } from '@sse/test-support/postgres-programs'
import { PostgresServer } from '@sse/test-support/postgres-server'
import { TcpProxy } from '@sse/test-support/tcp-proxy'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { ForeignWriter } from './fixtures/foreign-writer.ts'
import { type PostgresEngine, postgres } from './index.ts'

const seeds = Number(process.env.CONFORMANCE_SEEDS ?? 8)

let server: PostgresServer
/** Counts what engines send. */
let relay: TcpProxy
let url: string
beforeAll(async () => {
  if (!hasPostgres) return
  server = await PostgresServer.start('fsync=off')
  relay = await TcpProxy.open(server.port)
  url = server.url.replace(String(server.port), String(relay.port))
  unchecked = (await server.database('unchecked')).replace(String(server.port), String(relay.port))
})
afterAll(async () => {
  await relay?.stop()
  await server?.stop()
})

let logs = 0

/** Databases of logs whose tables have no constraints. */
let unchecked: string

const openWith = (hasChecks: boolean) => async (): Promise<OpenedEngine> => {
  const name = `log-${++logs}`
  const engines: PostgresEngine[] = []
  const own = hasChecks ? url : unchecked
  const foreign = new ForeignWriter(own, name, hasChecks)
  const connect = () => {
    const engine = postgres({ url: own, name, onWarning: () => {} })
    engines.push(engine)
    return engine
  }
  return {
    engine: connect(),
    another: async () => connect(),
    reopen: async () => connect(),
    traffic: () => relay.sent,
    foreign: (entry) => foreign.write(entry),
    close: async () => {
      for (const engine of engines) await engine.close()
      await foreign.close()
    },
  }
}

describe.skipIf(!hasPostgres)('postgres()', () => {
  const abilities = ['another', 'reopen', 'presence', 'traffic', 'foreign'] as const
  const cases = engineSuite({ name: 'postgres', open: openWith(true), abilities, seeds })
  for (const { name, run } of cases) it(name, run, 300_000)

  const all = engineSuite({
    name: 'postgres without constraints',
    open: openWith(false),
    abilities,
    seeds: 5,
  })
  for (const { name, run } of all.filter(({ name }) => name.includes('another program')))
    it(name, run, 300_000)
})
