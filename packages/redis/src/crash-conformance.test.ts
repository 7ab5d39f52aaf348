import { engineSuite, type OpenedEngine } from '@sse/engine-conformance'
import { hasRedis, RedisServer } from '@sse/test-support/redis-server'
import { describe, it } from 'vitest'
import { type RedisEngine, redis } from './index.ts'

/** Each starts a server, and every crash another: few, with more in a separate run. */
const seeds = Number(process.env.CONFORMANCE_CRASH_SEEDS ?? 5)

/** A log on a separate server, which keeps it in a file and is killed with -9. */
async function open(): Promise<OpenedEngine> {
  let server = await RedisServer.start('--appendonly', 'yes', '--appendfsync', 'always')
  const servers = [server]
  const engines: RedisEngine[] = []
  const connect = () => {
    const engine = redis({ url: server.url, timeoutMs: 2_000 })
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

describe.skipIf(!hasRedis)('redis() on a server that crashes', () => {
  const cases = engineSuite({
    name: 'redis',
    open,
    abilities: ['another', 'reopen', 'crash', 'presence'],
    seeds,
  }).filter(({ name }) => /crash|seeds/.test(name))
  for (const { name, run } of cases) it(name, run, 120_000)
})
