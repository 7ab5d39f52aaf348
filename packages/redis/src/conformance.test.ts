import { engineSuite, type OpenedEngine } from '@sse/engine-conformance'
import { hasRedis, RedisServer } from '@sse/test-support/redis-server'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { ForeignWriter } from './fixtures/foreign-writer.ts'
import { type RedisEngine, redis } from './index.ts'

const seeds = Number(process.env.CONFORMANCE_SEEDS ?? 20)

let server: RedisServer
beforeAll(async () => {
  if (hasRedis) server = await RedisServer.start()
})
afterAll(() => server?.stop())

let logs = 0

async function open(): Promise<OpenedEngine> {
  const name = `log-${++logs}`
  const engines: RedisEngine[] = []
  const writer = new ForeignWriter(server.url, name)
  let asked = 0
  const connect = () => {
    const engine = redis({ url: server.url, name, timeoutMs: 10_000 })
    engines.push(engine)
    return engine
  }
  return {
    engine: connect(),
    another: async () => connect(),
    reopen: async () => connect(),
    // The server counts the commands that ask it, too.
    traffic: () => Number(server.info('total_commands_processed')) - asked++,
    foreign: ({ channel, event, data, key, idempotencyKey, at }) =>
      writer.add([
        ['c', channel],
        ['e', event],
        ['d', data],
        ['t', at],
        ['k', key],
        ['i', idempotencyKey],
      ]),
    close: async () => {
      writer.close()
      for (const engine of engines) await engine.close()
    },
  }
}

describe.skipIf(!hasRedis)('redis()', () => {
  const cases = engineSuite({
    name: 'redis',
    open,
    abilities: ['another', 'reopen', 'presence', 'traffic', 'foreign'],
    seeds,
  })
  for (const { name, run } of cases) it(name, run, 120_000)
})
