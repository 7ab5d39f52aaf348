import { lead, leads, payloads } from '@sse/test-support/entries'
import { atMost, STATE } from '@sse/test-support/read-options'
import { hasRedis, type RedisServer } from '@sse/test-support/redis-server'
import { until } from '@sse/test-support/until'
import { describe, expect, it } from 'vitest'
import { engineScope } from './fixtures/engine-scope.ts'
import type { RedisEngine } from './index.ts'

const { start, open } = engineScope()
const epochOf = async (engine: RedisEngine) => (await engine.read(0, STATE)).epoch

/** A replica that has what its primary has. */
async function startReplica(primary: RedisServer, ...args: string[]): Promise<RedisServer> {
  const replica = await start('--replicaof', '127.0.0.1', String(primary.port), ...args)
  await until(() => replica.info('master_link_status') === 'up', 'the replica is in step')
  return replica
}

const reached = (replica: RedisServer, head: number) =>
  until(() => replica.command('HGET', 'sse:{hub}', 'head') === String(head), `the replica has ${head}`)

describe.skipIf(!hasRedis)('the epoch', { timeout: 30_000 }, () => {
  it('is the same for every engine and after every reconnect', async () => {
    const server = await start()
    const engine = open(server)
    const { epoch } = await engine.append(leads(3))
    expect(epoch).toMatch(/^[a-z2-7]{12}[0-9a-f]{12}$/)
    server.command('CLIENT', 'KILL', 'TYPE', 'normal')
    expect(await until(() => epochOf(engine), 'it is back')).toBe(epoch)
    expect(await epochOf(open(server))).toBe(epoch)
  })

  it.each(['FLUSHALL', 'FLUSHDB'])(
    'changes after %s, and nothing of the old log is left',
    async (command) => {
      const server = await start()
      const engine = open(server)
      const before = await engine.append([lead(1, { idempotencyKey: 'a' }), lead(2)])
      server.command(command)
      const after = await engine.append([lead('new', { idempotencyKey: 'a' })])
      expect(after.epoch).not.toBe(before.epoch)
      expect(after.positions).toEqual([1])
      const page = await engine.read(0, atMost(10, ['leads']))
      expect([page.head, payloads(page.entries)]).toEqual([1, ['new']])
    },
  )

  it('changes when the key that holds it was evicted, and old indexes are not reused', async () => {
    const server = await start()
    const engine = open(server)
    const before = await engine.append([...leads(3), lead('old', { channel: 'other' })])
    server.command('DEL', 'sse:{hub}')
    expect(await epochOf(engine)).not.toBe(before.epoch)
    await engine.append([lead('new')])
    expect(payloads((await engine.read(0, atMost(10, ['leads', 'other']))).entries)).toEqual(['new'])
  })

  it('stays when only the log was evicted, and missing entries are reported as trimmed', async () => {
    const server = await start()
    const engine = open(server)
    const { epoch } = await engine.append([lead(1, { idempotencyKey: 'a' }), ...leads(2)])
    server.command('DEL', server.command('KEYS', '*:log'))
    expect(await engine.read(0, atMost(10))).toEqual({ epoch, head: 3, oldest: 4, reached: 3, entries: [] })
    // Its key is free with it.
    expect(await engine.append([lead(4, { idempotencyKey: 'a' })])).toEqual({ epoch, positions: [4] })
    expect(await engine.read(0, atMost(10))).toMatchObject({
      epoch,
      head: 4,
      oldest: 4,
      entries: [{ position: 4 }],
    })
  })

  it('changes on a promoted replica, which assigns positions again', async () => {
    const primary = await start()
    const engine = open(primary)
    const before = await engine.append(leads(10))
    const replica = await startReplica(primary)
    const attached = await epochOf(engine) // the first replica of a server begins a new history
    await reached(replica, 10)
    // From here on nothing reaches it, and the primary answers all the same.
    replica.command('REPLICAOF', '127.0.0.1', '1')
    expect((await engine.append(leads(5, 11))).positions).toEqual([11, 12, 13, 14, 15])
    replica.command('REPLICAOF', 'NO', 'ONE')
    const promoted = open(replica)
    const again = await promoted.append([lead('again')])
    expect(again.positions).toEqual([11])
    expect(new Set([before.epoch, attached, again.epoch]).size).toBe(3)
  })

  it('changes on the same connection when the server behind it is promoted', async () => {
    const primary = await start()
    const engine = open(primary)
    await engine.append(leads(3))
    const replica = await startReplica(primary)
    const { epoch } = await engine.append(leads(2, 4))
    await reached(replica, 5)
    // The two change places underneath, as in a failover by hand.
    replica.command('REPLICAOF', 'NO', 'ONE')
    primary.command('REPLICAOF', '127.0.0.1', String(replica.port))
    await until(() => primary.info('master_link_status') === 'up', 'the old primary follows')
    expect((await open(replica).append(leads(1, 6))).epoch).not.toBe(epoch)
    primary.command('REPLICAOF', 'NO', 'ONE')
    const after = await until(() => engine.read(0, atMost(10)), 'it is primary again')
    expect(after.epoch).not.toBe(epoch)
    expect(payloads(after.entries)).toEqual([1, 2, 3, 4, 5, 6])
  })

  it('changes after a restart that may have lost the last writes', async () => {
    const server = await start('--appendonly', 'yes', '--appendfsync', 'everysec')
    const engine = open(server)
    const before = await engine.append(leads(5))
    await server.kill()
    await server.start()
    const after = await until(() => engine.read(0, atMost(10)), 'it is back')
    expect(payloads(after.entries)).toEqual([1, 2, 3, 4, 5])
    expect(after.epoch).not.toBe(before.epoch)
  })

  it('changes when INFO is hidden and the head is below a position that was seen', async () => {
    const server = await start('--user', 'app', 'on', '>secret', '~*', '+@all', '-info')
    const warnings: string[] = []
    const options = { url: server.url, username: 'app', password: 'secret' }
    const engine = open({ ...options, onWarning: (warning) => warnings.push(warning) })
    const before = await engine.append(leads(15))
    expect(before.epoch).toMatch(/^[a-z2-7]{12}$/)
    // What a promoted replica that lagged has.
    const log = server.command('KEYS', '*:log')
    for (const position of [11, 12, 13, 14, 15]) server.command('XDEL', log, `${position}-0`)
    server.command('HSET', 'sse:{hub}', 'head', '10')
    const after = await engine.read(15, atMost(10))
    expect(after).toMatchObject({ head: 10, oldest: 1 })
    expect(after.epoch).not.toBe(before.epoch)
    expect((await open({ ...options, onWarning: () => {} }).read(0, STATE)).epoch).toBe(after.epoch)
    expect(warnings).toEqual([expect.stringContaining('hides INFO from this user')])
  })
})
