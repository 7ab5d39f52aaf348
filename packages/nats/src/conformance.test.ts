import { engineSuite, type OpenedEngine } from '@sse/engine-conformance'
import { freePort } from '@sse/test-support/free-port'
import { hasNats, NatsServer } from '@sse/test-support/nats-server'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { ForeignWriter } from './fixtures/foreign-writer.ts'
import { type NatsEngine, nats } from './index.ts'

const seeds = Number(process.env.CONFORMANCE_SEEDS ?? 15)

let server: NatsServer
let monitor = 0
beforeAll(async () => {
  if (!hasNats) return
  monitor = await freePort()
  server = await NatsServer.start(`jetstream { store_dir: "FOLDER" }\nhttp: "127.0.0.1:${monitor}"`)
})
afterAll(() => server?.stop())

let logs = 0

async function open(): Promise<OpenedEngine> {
  const name = `log-${++logs}`
  const engines: NatsEngine[] = []
  const writer = new ForeignWriter(server.url, name)
  const connect = () => {
    const engine = nats({ servers: server.url, name, timeoutMs: 10_000 })
    engines.push(engine)
    return engine
  }
  return {
    engine: connect(),
    another: async () => connect(),
    reopen: async () => connect(),
    traffic: async () => {
      const answer = await fetch(`http://127.0.0.1:${monitor}/varz`)
      return ((await answer.json()) as { in_msgs: number }).in_msgs
    },
    foreign: (entry) => writer.write(entry),
    close: async () => {
      await writer.close()
      for (const engine of engines) await engine.close()
    },
  }
}

describe.skipIf(!hasNats)('nats()', () => {
  const cases = engineSuite({
    name: 'nats',
    open,
    abilities: ['another', 'reopen', 'presence', 'traffic', 'foreign'],
    appends: 'in part',
    keys: 'for a time',
    seeds,
  })
  for (const { name, run } of cases) it(name, run, 120_000)
})
