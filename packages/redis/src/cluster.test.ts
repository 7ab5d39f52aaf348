import { execFileSync } from 'node:child_process'
import { defineStream, type } from '@sse/contract'
import { createHub } from '@sse/server'
import { lead, leads, payloads } from '@sse/test-support/entries'
import { failureOf } from '@sse/test-support/failure-of'
import { atMost } from '@sse/test-support/read-options'
import { hasRedis, RedisServer } from '@sse/test-support/redis-server'
import { KEEP_ALL } from '@sse/test-support/retention'
import { until } from '@sse/test-support/until'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { engineScope } from './fixtures/engine-scope.ts'
import { redis } from './index.ts'

const { start, open, later } = engineScope()
const numbers = defineStream({ path: '/numbers', events: { number: type<number>() } })
const CLUSTER = [
  '--cluster-enabled',
  'yes',
  '--cluster-node-timeout',
  '1000',
  '--cluster-replica-validity-factor',
  '0',
]

const idOf = (server: RedisServer) => server.command('CLUSTER', 'MYID')

describe.skipIf(!hasRedis)('Cluster', { timeout: 60_000 }, () => {
  let servers: RedisServer[] = []
  /** Three primaries, then their replicas. */
  beforeAll(async () => {
    if (!hasRedis) return
    servers = await Promise.all(Array.from({ length: 6 }, () => RedisServer.start(...CLUSTER)))
    const addresses = servers.map(({ port }) => `127.0.0.1:${port}`)
    execFileSync('redis-cli', [
      '--cluster',
      'create',
      ...addresses,
      '--cluster-replicas',
      '1',
      '--cluster-yes',
    ])
    for (const server of servers) {
      await until(() => /cluster_state:ok/.test(server.command('CLUSTER', 'INFO')), 'the cluster is whole')
      await until(
        () => server.info('role') === 'master' || server.info('master_link_status') === 'up',
        'replicas are in step',
      )
    }
  }, 60_000)
  afterAll(async () => {
    for (const server of servers) await server.stop()
  })

  /** The node that holds a hub, as the first node that answers says. */
  function ownerOf(name: string): RedisServer {
    const owner = servers.find(
      (server) => server.isRunning && server.info('role') === 'master' && !isMoved(server, name),
    )
    if (!owner) throw new Error(`no node holds ${name}`)
    return owner
  }
  const isMoved = (server: RedisServer, name: string) =>
    server.command('EXISTS', `sse:{${name}}`).startsWith('MOVED')

  const nodes = () => [servers[0] as RedisServer].map(({ address }) => address)

  it('keeps a hub on one node whichever node is asked, and hubs of other names on other nodes', async () => {
    const owners = new Set<number>()
    for (const name of ['a', 'b', 'c', 'd', 'e', 'f']) {
      const engine = open({ cluster: { nodes: nodes() }, name })
      await engine.append([lead(1, { channel: 'x', idempotencyKey: 'k' }), lead(2, { channel: 'y' })])
      expect(payloads((await engine.read(0, atMost(10, ['y', 'x']))).entries)).toEqual([1, 2])
      await engine.trim({ ...KEEP_ALL, maxEvents: 1, maxAgeMs: 60_000 })
      await engine.presence.enter('p', [{ channel: 'x', identity: 'ada' }], 1_000)
      expect(await engine.presence.present('x')).toEqual(['ada'])
      owners.add(ownerOf(name).port)
    }
    expect(owners.size).toBeGreaterThan(1)
  })

  it('follows a slot that moves to another node, with the next positions and a new epoch', async () => {
    const engine = open({ cluster: { nodes: nodes() }, name: 'moving' })
    const before = await engine.append(leads(3))
    const from = ownerOf('moving')
    const to = servers.find((server) => server !== from && server.info('role') === 'master') as RedisServer
    const slot = from.command('CLUSTER', 'KEYSLOT', 'sse:{moving}')
    to.command('CLUSTER', 'SETSLOT', slot, 'IMPORTING', idOf(from))
    from.command('CLUSTER', 'SETSLOT', slot, 'MIGRATING', idOf(to))
    const keys = from.command('CLUSTER', 'GETKEYSINSLOT', slot, '100').split('\n')
    from.command('MIGRATE', '127.0.0.1', String(to.port), '', '0', '5000', 'KEYS', ...keys)
    expect((await failureOf(() => engine.append(leads(1)))).code).toBe('engine_unavailable')
    for (const server of [to, from]) server.command('CLUSTER', 'SETSLOT', slot, 'NODE', idOf(to))
    const after = await until(() => engine.append([lead(4)]), 'it has followed')
    expect(after.positions).toEqual([4])
    expect(after.epoch).not.toBe(before.epoch)
    expect(payloads((await engine.read(0, atMost(10, ['leads']))).entries)).toEqual([1, 2, 3, 4])
  })

  it('continues on the promoted replica of a node that dies, and readers get a gap first', async () => {
    const hubs = [1, 2].map(() =>
      later(createHub(numbers, { engine: redis({ cluster: { nodes: nodes() } }), onError: () => {} })),
    )
    const [hub, other] = hubs as [(typeof hubs)[0], (typeof hubs)[0]]
    const seen: unknown[] = []
    const first = await hub.publish('a', 'number', 0)
    const read = async () => {
      for await (const { event, payload } of other.subscribe('a', { after: first })) {
        seen.push(event === 'gap' ? 'gap' : payload)
      }
    }
    read()
    await hub.publish('a', 'number', 1)
    await until(() => seen.length === 1, 'it follows')
    await ownerOf('hub').kill()
    await until(() => hub.publish('a', 'number', 2), 'the hub publishes to the promoted replica')
    await until(() => seen.includes('gap'), 'the reader gets the gap')
    await hub.publish('a', 'number', 3)
    await until(() => seen.at(-1) === 3, 'the reader continues')
    expect(seen.filter((item) => item !== 2)).toEqual([1, 'gap', 3])
  })
})

describe.skipIf(!hasRedis)('a server that is not a cluster node', () => {
  it('is named in the error, with the option to use instead', async () => {
    const server = await start()
    expect(await failureOf(() => open({ cluster: { nodes: [server.address] } }).read(0, atMost(1)))).toEqual({
      code: 'engine_failed',
      message: `Redis at 127.0.0.1:${server.port} is not a cluster node: pass \`url\` instead of \`cluster\``,
    })
  })
})
