import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { defineStream, type } from '@sse/contract'
import { createHub } from '@sse/server'
import { lead, leads, payloads } from '@sse/test-support/entries'
import { failureOf } from '@sse/test-support/failure-of'
import { freePort } from '@sse/test-support/free-port'
import { asUser, hasPostgres, program } from '@sse/test-support/postgres-programs'
import { newFolder, PostgresServer } from '@sse/test-support/postgres-server'
import { atMost } from '@sse/test-support/read-options'
import { TcpProxy } from '@sse/test-support/tcp-proxy'
import { until } from '@sse/test-support/until'
import { describe, expect, it } from 'vitest'
import { engineScope } from './fixtures/engine-scope.ts'
import { postgres } from './index.ts'

const { start, open, later, laterStop } = engineScope()
const numbers = defineStream({ path: '/numbers', events: { number: type<number>() } })

/** A standby that has what its primary has. */
async function startStandby(primary: PostgresServer): Promise<PostgresServer> {
  const standby = laterStop(new PostgresServer(await freePort(), newFolder(), ['fsync=off']))
  const options = ['-D', standby.data, '-h', '127.0.0.1', '-p', String(primary.port), '-U', 'postgres']
  // Not synchronous: a process that stands still for a second loses its connections.
  await promisify(execFile)(program('pg_basebackup'), [...options, '-R', '-c', 'fast', '--no-sync'], {
    cwd: '/',
    ...asUser,
  })
  await standby.start()
  return standby
}

const headOf = async (server: PostgresServer) =>
  Number((await server.query('SELECT head FROM sse.logs'))[0]?.head)

describe.skipIf(!hasPostgres)('failover', { timeout: 90_000 }, () => {
  it('waits for a standby to be promoted, and changes the epoch since it lacks the last events', async () => {
    const primary = await start('fsync=off')
    const relay = laterStop(await TcpProxy.open(primary.port))
    const url = `postgres://postgres@127.0.0.1:${relay.port}/postgres`
    const hub = later(createHub(numbers, { engine: postgres({ url }), onError: () => {} }))
    // A busy machine may answer late: an event that timed out may have been stored, and is published again.
    const publish = (n: number) =>
      until(() => hub.publish('a', 'number', n, { idempotencyKey: `n${n}` }), `${n} is published`)
    const seen: unknown[] = []
    const first = await publish(0)
    const read = async () => {
      for await (const { event, payload } of hub.subscribe('a', { after: first })) {
        seen.push(event === 'gap' ? `gap: ${(payload as { reason: string }).reason}` : payload)
      }
    }
    const reading = read()
    await until(() => hub.stats().lagging === 0 && hub.stats().channels === 1, 'it reads')
    const standby = await startStandby(primary)
    for (let n = 1; n <= 5; n += 1) await publish(n)
    await until(async () => (await headOf(standby)) === 6, 'the standby is in step')
    await until(() => seen.length === 5, 'it follows')
    // From here on nothing reaches it, and the primary answers all the same.
    await standby.query(`ALTER SYSTEM SET primary_conninfo = ''`)
    await standby.query('SELECT pg_reload_conf()')
    await until(
      async () => (await primary.query('SELECT count(*)::integer AS n FROM pg_stat_replication'))[0]?.n === 0,
      'it is cut off',
    )
    await publish(6)
    await until(() => seen.length === 6, 'it is seen')
    await primary.kill()
    relay.moveTo(standby.port)
    expect(await failureOf(() => open({ url, timeoutMs: 1_000 }).append(leads(1)))).toEqual({
      code: 'engine_unavailable',
      message: `Postgres at 127.0.0.1:${relay.port}/postgres is a standby: waiting for a primary`,
    })
    await standby.query('SELECT pg_promote()')
    const id = await publish(7)
    expect(id.split('-')[0]).not.toBe(first.split('-')[0])
    await until(() => seen.some((item) => String(item).startsWith('gap')), 'the reader gets the gap')
    await publish(8)
    await until(() => seen.at(-1) === 8, 'the reader continues')
    // 7 was published before the hub had noticed: it lies behind the gap.
    expect(seen.filter((item) => item !== 7)).toEqual([1, 2, 3, 4, 5, 6, 'gap: epoch', 8])
    await hub.close()
    await reading
  })

  it('keeps the epoch over restarts, clean or not, and when a standby is attached', async () => {
    const server = await start('fsync=off')
    const engine = open(server.url)
    const { epoch } = await engine.append(leads(3))
    expect(epoch).toMatch(/^[0-9a-f]{12}00000001$/)
    await startStandby(server)
    await server.kill()
    await server.start()
    const page = await until(() => engine.read(0, atMost(10)), 'it is back')
    expect([page.epoch, payloads(page.entries)]).toEqual([epoch, [1, 2, 3]])
  })

  it('warns where the timeline is hidden, and uses the stored epoch alone', async () => {
    const server = await start()
    await server.query('CREATE ROLE app LOGIN')
    await server.query('CREATE SCHEMA sse AUTHORIZATION app')
    await server.query('REVOKE EXECUTE ON FUNCTION pg_walfile_name(pg_lsn) FROM PUBLIC')
    const warnings: string[] = []
    const url = server.url.replace('postgres@', 'app@')
    const engine = open({ url, onWarning: (warning) => warnings.push(warning) })
    expect((await engine.append([lead(1)])).epoch).toMatch(/^[0-9a-f]{12}$/)
    expect(warnings).toEqual([expect.stringContaining('hides its timeline from this user')])
  })
})
