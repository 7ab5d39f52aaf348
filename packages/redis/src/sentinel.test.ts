import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { defineStream, type } from '@sse/contract'
import { createHub } from '@sse/server'
import { leads } from '@sse/test-support/entries'
import { failureOf } from '@sse/test-support/failure-of'
import { freePort } from '@sse/test-support/free-port'
import { hasRedis, RedisServer } from '@sse/test-support/redis-server'
import { until } from '@sse/test-support/until'
import { describe, expect, it } from 'vitest'
import { engineScope } from './fixtures/engine-scope.ts'
import { redis } from './index.ts'

const { start, open, later, laterStop } = engineScope()
const numbers = defineStream({ path: '/numbers', events: { number: type<number>() } })

/** A sentinel keeps what it knows in its configuration file. */
async function startSentinel(primary: RedisServer, password: string): Promise<RedisServer> {
  const port = await freePort()
  const server = new RedisServer(port, [])
  const file = join(server.folder, 'sentinel.conf')
  writeFileSync(
    file,
    [
      `port ${port}`,
      'bind 127.0.0.1',
      `dir ${server.folder}`,
      `sentinel monitor leads 127.0.0.1 ${primary.port} 2`,
      `sentinel auth-pass leads ${password}`,
      'sentinel down-after-milliseconds leads 1000', // less, and a busy machine is taken for a dead server
      'sentinel failover-timeout leads 4000',
      'sentinel parallel-syncs leads 1',
      '',
    ].join('\n'),
  )
  await server.startAs('redis-sentinel', [file])
  return laterStop(server)
}

describe.skipIf(!hasRedis)('Sentinel', { timeout: 60_000 }, () => {
  it('continues on the new primary after a failover, and readers get a gap first', async () => {
    const password = 'secret'
    const auth = ['--requirepass', password, '--masterauth', password]
    const primary = await start(...auth)
    const replicas = [1, 2].map(() => start(...auth, '--replicaof', '127.0.0.1', String(primary.port)))
    await Promise.all(replicas)
    const sentinels = await Promise.all([1, 2, 3].map(() => startSentinel(primary, password)))
    for (const sentinel of sentinels) {
      await until(
        () =>
          /num-slaves\n2\n[\s\S]*num-other-sentinels\n2\n/.test(
            sentinel.command('SENTINEL', 'MASTER', 'leads'),
          ),
        'the sentinels know all',
      )
    }
    const nodes = [{ host: '127.0.0.1', port: await freePort() }, ...sentinels.map(({ address }) => address)]
    const engine = () => redis({ sentinel: { master: 'leads', nodes }, password })
    const seen: unknown[] = []
    const onError = (error: unknown) => seen.push(error)
    const [hub, other] = [() => {}, onError].map((onError) =>
      later(createHub(numbers, { engine: engine(), onError })),
    )
    if (!hub || !other) throw new Error('two hubs')
    const heard = () => seen.filter((item) => !(item instanceof Error))
    const hears = (n: number) =>
      until(
        () => heard().at(-1) === n,
        () => `the reader hears ${n}, not ${seen.join(', ')}`,
      )

    const first = await hub.publish('a', 'number', 0)
    const read = async () => {
      for await (const { event, payload } of other.subscribe('a', { after: first })) {
        seen.push(event === 'gap' ? 'gap' : payload)
      }
    }
    read()
    for (let n = 1; n <= 5; n += 1) await hub.publish('a', 'number', n)
    await until(() => heard().length === 5, 'it follows')
    await primary.kill()
    await until(() => hub.publish('a', 'number', 6), 'the hub publishes to the new primary')
    await until(() => seen.includes('gap'), 'the reader gets the gap')
    await hub.publish('a', 'number', 7)
    await hears(7)
    expect(heard().filter((item) => item !== 6)).toEqual([1, 2, 3, 4, 5, 'gap', 7])

    // The old primary returns as a replica: the hub stays where it is.
    await primary.start()
    expect(await hub.publish('a', 'number', 8)).toBeTruthy()
    await hears(8)
    expect(heard().filter((item) => item === 'gap')).toHaveLength(1)
  })

  it('reports a group that the sentinel does not monitor, and a server that is not a sentinel', async () => {
    const primary = await start()
    const sentinel = await startSentinel(primary, 'none')
    const at = (master: string, { address }: RedisServer) => open({ sentinel: { master, nodes: [address] } })
    expect(await failureOf(() => at('orders', sentinel).append(leads(1)))).toEqual({
      code: 'engine_failed',
      message: `The sentinel at 127.0.0.1:${sentinel.port} monitors no "orders": check \`master\``,
    })
    expect(await failureOf(() => at('leads', primary).append(leads(1)))).toEqual({
      code: 'engine_failed',
      message: `Redis at 127.0.0.1:${primary.port} is not a sentinel: check \`sentinel.nodes\``,
    })
  })
})
