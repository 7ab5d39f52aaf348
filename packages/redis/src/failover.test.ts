import { connect, createServer, type Server, type Socket } from 'node:net'
import { defineStream, type } from '@sse/contract'
import { createHub, type Hub } from '@sse/server'
import { freePort } from '@sse/test-support/free-port'
import { hasRedis } from '@sse/test-support/redis-server'
import { until } from '@sse/test-support/until'
import { describe, expect, it } from 'vitest'
import { engineScope } from './fixtures/engine-scope.ts'
import { redis } from './index.ts'

const { start, later } = engineScope()
const leads = defineStream({ path: '/leads/:owner', events: { lead: type<string>() } })

/** An address that stays while the server behind it changes, as a virtual IP does. */
async function startSwitch(target: number) {
  const sockets = new Set<Socket>()
  let port = target
  const server: Server = createServer((client) => {
    const upstream = connect(port, '127.0.0.1')
    client.pipe(upstream).pipe(client)
    for (const socket of [client, upstream]) {
      sockets.add(socket)
      socket.on('error', () => {})
      socket.on('close', () => {
        client.destroy()
        upstream.destroy()
        sockets.delete(socket)
      })
    }
  })
  const own = await freePort()
  await new Promise<void>((resolve) => server.listen(own, '127.0.0.1', resolve))
  return {
    url: `redis://127.0.0.1:${own}`,
    to(next: number) {
      port = next
      for (const socket of sockets) socket.destroy()
    },
    async close() {
      server.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}

/** Follows a channel and notes what it is given. */
function follow(hub: Hub<typeof leads>, after?: string): string[] {
  const seen: string[] = []
  const run = async () => {
    for await (const { event, payload } of hub.subscribe('a', after === undefined ? {} : { after })) {
      seen.push(event === 'gap' ? `gap ${(payload as { reason: string }).reason}` : String(payload))
    }
  }
  run().catch((error) => seen.push(`ended: ${error.code}`))
  return seen
}

describe.skipIf(!hasRedis)('a failover to a replica that lags', { timeout: 30_000 }, () => {
  it('assigns positions again, and every reader gets a gap before any of the new events', async () => {
    const primary = await start()
    const replica = await start('--replicaof', '127.0.0.1', String(primary.port))
    await until(() => replica.info('master_link_status') === 'up', 'the replica is in step')
    const address = later(await startSwitch(primary.port))
    const open = () => later(createHub(leads, { engine: redis({ url: address.url }), onError: () => {} }))
    const [hub, other] = [open(), open()]

    const ids: string[] = []
    for (let n = 1; n <= 10; n += 1) ids.push(await hub.publish('a', 'lead', `old ${n}`))
    await until(() => replica.command('HGET', 'sse:{hub}', 'head') === '10', 'the replica has ten')
    const readers = [follow(hub, ids[8]), follow(other, ids[8])]
    // From here on nothing reaches the replica, and the primary answers all the same.
    replica.command('REPLICAOF', '127.0.0.1', '1')
    for (let n = 11; n <= 15; n += 1) ids.push(await hub.publish('a', 'lead', `old ${n}`))
    for (const seen of readers) {
      await until(() => seen.at(-1) === 'old 15', 'readers are at 15')
      expect(seen).toEqual([10, 11, 12, 13, 14, 15].map((n) => `old ${n}`))
    }
    replica.command('REPLICAOF', 'NO', 'ONE')
    await primary.kill()
    address.to(replica.port)
    await until(() => hub.publish('a', 'lead', 'first'), 'the hub publishes again')
    // Every process has told its readers, or tells them before anything else.
    for (const seen of readers) await until(() => seen.includes('gap epoch'), 'readers are told')
    for (let n = 12; n <= 14; n += 1) await other.publish('a', 'lead', `new ${n}`)
    for (const seen of readers) {
      await until(() => seen.at(-1) === 'new 14', 'readers are live again')
      const [gap, ...rest] = seen.slice(6)
      expect(gap).toBe('gap epoch')
      expect(rest.filter((word) => word !== 'first')).toEqual(['new 12', 'new 13', 'new 14'])
    }
    // A client that reconnects with an old id, whose position was assigned again, gets a gap too.
    const late = follow(other, ids[12])
    await until(() => late.length > 0, 'the late reader hears')
    expect(late[0]).toBe('gap epoch')
    expect(await replica.command('HGET', 'sse:{hub}', 'head')).toBe('14')
  })
})
