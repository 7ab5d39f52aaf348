import { setTimeout as pause } from 'node:timers/promises'
import { defineStream, type } from '@sse/contract'
import { createHub } from '@sse/server'
import { lead, leads, payloads } from '@sse/test-support/entries'
import { failureOf } from '@sse/test-support/failure-of'
import { hasPostgres } from '@sse/test-support/postgres-programs'
import type { PostgresServer } from '@sse/test-support/postgres-server'
import { atMost, STATE } from '@sse/test-support/read-options'
import { until } from '@sse/test-support/until'
import { Client } from 'pg'
import { describe, expect, it } from 'vitest'
import { engineScope } from './fixtures/engine-scope.ts'
import { postgres } from './index.ts'

const { start, newDatabase, open, later } = engineScope()
const numbers = defineStream({ path: '/numbers', events: { number: type<number>() } })
const databaseOf = (url: string) => new URL(url).pathname.slice(1)

/** Ends connections of the engines, as a failing network or an administrator does. */
const terminate = (server: PostgresServer, url: string, query = '%') =>
  server.query(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
     WHERE datname = $1 AND application_name = '@sse/postgres' AND query LIKE $2`,
    [databaseOf(url), query],
  )

/** What a hub delivers of a channel, gaps as -1. */
function collect(
  hub: { subscribe: ReturnType<typeof createHub<typeof numbers>>['subscribe'] },
  after: string,
) {
  const seen: number[] = []
  const read = async () => {
    for await (const { event, payload } of hub.subscribe('a', { after })) {
      seen.push(event === 'gap' ? -1 : (payload as number))
    }
  }
  read()
  return seen
}

const range = (count: number) => Array.from({ length: count }, (_, index) => index + 1)

describe.skipIf(!hasPostgres)('faults', { timeout: 120_000 }, () => {
  it('keeps every acknowledged event and the epoch over kill -9 of the server', async () => {
    const server = await start('fsync=off')
    const engine = open({ url: server.url, timeoutMs: 1_000 })
    const other = open(server.url)
    let wakes = 0
    other.onWake(() => {
      wakes += 1
    })
    const { epoch } = await engine.append([lead(1, { idempotencyKey: 'a' }), ...leads(9, 2)])
    await engine.commit('ada', { epoch, position: 4 })
    await server.kill()
    const since = performance.now()
    expect((await failureOf(() => engine.append(leads(1, 11)))).code).toBe('engine_unavailable')
    expect((await failureOf(() => engine.read(0, atMost(10)))).code).toBe('engine_unavailable')
    expect(performance.now() - since).toBeLessThan(8_000)
    const wakesBefore = wakes
    await server.start()
    const page = await until(() => engine.read(0, atMost(100)), 'it is back')
    expect(payloads(page.entries).slice(0, 10)).toEqual(range(10))
    expect(page.epoch).toBe(epoch)
    const again = await until(() => engine.append([lead(1, { idempotencyKey: 'a' })]), 'it appends')
    expect(again.positions).toEqual([1])
    expect((await engine.append([lead('next')])).positions).toEqual([page.head + 1])
    expect((await engine.committed(['ada'])).get('ada')).toEqual({ epoch, position: 4 })
    await until(() => wakes > wakesBefore, 'it is woken once it listens again')
  })

  it('loses, repeats and reorders no event while the server is killed again and again', async () => {
    const server = await start('fsync=off')
    const [publisher, follower] = [1, 2].map(() =>
      later(
        createHub(numbers, { engine: postgres({ url: server.url, timeoutMs: 1_000 }), onError: () => {} }),
      ),
    ) as [ReturnType<typeof createHub<typeof numbers>>, ReturnType<typeof createHub<typeof numbers>>]
    const from = await publisher.publish('a', 'number', 0)
    const seen = collect(follower, from)
    await publisher.publish('a', 'number', 1)
    await until(() => seen.length === 1, 'it follows')
    const publishAll = async () => {
      for (let n = 2; n <= 60; n += 1) {
        await until(() => publisher.publish('a', 'number', n, { idempotencyKey: `n${n}` }), 'it is published')
        await pause(5)
      }
    }
    const published = publishAll()
    for (let round = 0; round < 3; round += 1) {
      await pause(150)
      await server.kill()
      await server.start()
    }
    await published
    await until(() => seen.length >= 60, 'all are seen')
    expect(seen).toEqual(range(60))
  })

  it('reconnects after closed connections without losing or repeating an event', async () => {
    const { server, url } = await newDatabase()
    const [publisher, follower] = [1, 2].map(() =>
      later(createHub(numbers, { engine: postgres({ url, onWarning: () => {} }), onError: () => {} })),
    ) as [ReturnType<typeof createHub<typeof numbers>>, ReturnType<typeof createHub<typeof numbers>>]
    const from = await publisher.publish('a', 'number', 0)
    const seen = collect(follower, from)
    await publisher.publish('a', 'number', 1)
    await until(() => seen.length === 1, 'it follows')
    let isDone = false
    const cut = async () => {
      while (!isDone) {
        await terminate(server, url)
        await pause(150)
      }
    }
    const cutting = cut()
    for (let n = 2; n <= 100; n += 1) {
      await until(() => publisher.publish('a', 'number', n, { idempotencyKey: `n${n}` }), 'it is published')
      if (n % 10 === 0) await pause(5)
    }
    isDone = true
    await cutting
    await until(() => seen.length >= 100, 'all are seen')
    expect(seen).toEqual(range(100))
  })

  it('wakes after a reconnect of the listening connection, for what was stored meanwhile', async () => {
    const { server, url } = await newDatabase()
    const [engine, other] = [open(url), open(url)]
    let wakes = 0
    other.onWake(() => {
      wakes += 1
    })
    await until(() => wakes > 0, 'it listens')
    await terminate(server, url, 'LISTEN%')
    await terminate(server, url, 'SELECT 1')
    const before = wakes
    await engine.append(leads(1))
    await until(() => wakes > before, 'it is woken')
    expect(await other.read(0, atMost(10))).toMatchObject({ head: 1 })
  })

  it('rejects within the timeout while the server is stopped, and works afterwards', async () => {
    const server = await start('fsync=off')
    const engine = open({ url: server.url, timeoutMs: 1_200 })
    const follower = later(createHub(numbers, { engine: postgres({ url: server.url }), onError: () => {} }))
    const from = await follower.publish('a', 'number', 0)
    const seen = collect(follower, from)
    const entry = (n: number) => ({ channel: 'a', event: 'number', data: String(n), idempotencyKey: `n${n}` })
    await engine.append([entry(1)])
    server.signal('SIGSTOP')
    const since = performance.now()
    expect(await failureOf(() => engine.append([entry(2)]))).toEqual({
      code: 'engine_unavailable',
      message: `Postgres at 127.0.0.1:${server.port}/postgres has not answered for 1200 ms`,
    })
    expect((await failureOf(() => engine.read(0, atMost(10)))).code).toBe('engine_unavailable')
    expect(performance.now() - since).toBeLessThan(8_000)
    server.signal('SIGCONT')
    await until(() => engine.append([entry(2)]), 'it answers again')
    expect((await engine.append([entry(3)])).positions).toEqual([4])
    await until(() => seen.length >= 3, 'all are seen')
    expect(seen).toEqual([1, 2, 3])
  })

  it('takes an answer that arrived in time, even if this process was too busy to read it', async () => {
    const { url } = await newDatabase()
    const engine = open({ url, timeoutMs: 500 })
    await engine.read(0, STATE)
    const reply = engine.read(0, STATE)
    await new Promise((resolve) => setImmediate(resolve)) // it is sent
    const since = performance.now()
    while (performance.now() - since < 1_500) {}
    expect(await reply).toMatchObject({ head: 0 })
  })

  it('delivers an event a second late at most when its notification is lost', async () => {
    const { server, url } = await newDatabase()
    const hub = later(createHub(numbers, { engine: postgres({ url, onWarning: () => {} }) }))
    const from = await hub.publish('a', 'number', 0)
    const seen = collect(hub, from)
    await hub.publish('a', 'number', 1)
    // As another process does that dies between its commit and its notification.
    const append = `SELECT * FROM sse.append('hub', '', 0, '{a}', '{number}', '{2}', '{NULL}', NULL, NULL, false)`
    await server.query(append, [], url)
    const since = performance.now()
    await until(() => seen.length === 2, 'it is seen')
    expect(performance.now() - since).toBeLessThan(2_500)
    expect(seen).toEqual([1, 2])
  })

  it('trims below readers in pieces, each page in one view, and frees keys with their events', async () => {
    const { server, url } = await newDatabase()
    const engine = open(url)
    for (let from = 1; from <= 12_000; from += 1_000) {
      await engine.append(
        Array.from({ length: 1_000 }, (_, index) =>
          lead(from + index, { channel: `c${(from + index) % 100}`, idempotencyKey: `k${from + index}` }),
        ),
      )
    }
    const other = open(url)
    const limits = {
      maxEvents: 50,
      maxAgeMs: Number.POSITIVE_INFINITY,
      maxCommitAgeMs: Number.POSITIVE_INFINITY,
    }
    const trimmed = Promise.all([engine.trim(limits), other.trim(limits)])
    let after = 0
    for (let round = 0; round < 30; round += 1) {
      const page = await other.read(after, atMost(500))
      const first = Math.max(after + 1, page.oldest)
      expect(page.entries.map(({ position }) => position)).toEqual(page.entries.map((_, i) => first + i))
      after = page.entries.at(-1)?.position ?? page.head
    }
    await trimmed
    expect(await engine.read(0, STATE)).toMatchObject({ head: 12_000, oldest: 11_951 })
    expect(await server.query('SELECT count(*)::integer AS n FROM sse.entries', [], url)).toEqual([{ n: 50 }])
    expect((await engine.append([lead(1, { idempotencyKey: 'k1' })])).positions).toEqual([12_001])
    await engine.trim({ maxEvents: 0, maxAgeMs: 0, maxCommitAgeMs: Number.POSITIVE_INFINITY })
    expect((await engine.append(leads(1))).positions).toEqual([12_002])
  })

  it('leaves no hole when the clock is set back, and trims later', async () => {
    const { server, url } = await newDatabase()
    const engine = open(url)
    await engine.append(leads(4))
    // As if the second had been stored by a clock an hour ahead.
    await server.query('UPDATE sse.entries SET at = at + 3600000 WHERE position = 2', [], url)
    await pause(20)
    await engine.trim({
      maxEvents: Number.POSITIVE_INFINITY,
      maxAgeMs: 10,
      maxCommitAgeMs: Number.POSITIVE_INFINITY,
    })
    expect(await engine.read(0, atMost(10))).toMatchObject({ oldest: 2, head: 4, entries: { length: 3 } })
  })

  it('creates tables that were dropped under a running engine again, as a new log with a new epoch', async () => {
    const { server, url } = await newDatabase()
    const engine = open(url)
    const before = await engine.append(leads(3))
    await server.query('DROP SCHEMA sse CASCADE', [], url)
    const after = await engine.append([lead('new')])
    expect(after.positions).toEqual([1])
    expect(after.epoch).not.toBe(before.epoch)
    await server.query('DELETE FROM sse.logs', [], url)
    const page = await engine.read(0, atMost(10))
    expect(page).toMatchObject({ head: 0, entries: [] })
    expect([before.epoch, after.epoch]).not.toContain(page.epoch)
  })

  it('changes the epoch before it reuses positions of an older copy that was restored under it', async () => {
    const { server, url } = await newDatabase()
    const [engine, other] = [open(url), open(url)]
    const before = await engine.append(leads(15))
    await other.read(0, STATE)
    await server.query('DELETE FROM sse.entries WHERE position > 10', [], url)
    await server.query('UPDATE sse.logs SET head = 10', [], url)
    const after = await engine.append([lead('again')])
    expect(after.positions).toEqual([11])
    expect(after.epoch).not.toBe(before.epoch)
    expect((await other.read(0, STATE)).epoch).toBe(after.epoch)
    await server.query('UPDATE sse.logs SET head = 5', [], url)
    expect((await other.read(0, STATE)).epoch).not.toBe(after.epoch)
  })

  it('works the same where transactions are serializable or asynchronous by default', async () => {
    const { server, url } = await newDatabase()
    const name = databaseOf(url)
    await server.query(`ALTER DATABASE "${name}" SET default_transaction_isolation = 'serializable'`)
    await server.query(`ALTER DATABASE "${name}" SET synchronous_commit = 'off'`)
    const engines = [open(url), open(url), open(url)]
    const client = new Client({ connectionString: url })
    await client.connect()
    later({ close: () => client.end() })
    await Promise.all(
      engines.map(async (engine, index) => {
        for (let turn = 0; turn < 30; turn += 1) await engine.append([lead(`${index}/${turn}`)])
      }),
    )
    await engines[0]?.insert(lead('app'), (text, params) => client.query(text, params))
    const page = await until(async () => {
      const read = await engines[1]?.read(0, atMost(1_000))
      return read?.head === 91 && read
    }, 'all are placed')
    expect(page.entries.map(({ position }) => position)).toEqual(range(91))
  })

  it('keeps hubs of different names and schemas in one database apart', async () => {
    const { url } = await newDatabase()
    const [one, two, three] = [
      open({ url, name: 'one' }),
      open({ url, name: 'two' }),
      open({ url, name: 'one', schema: 'Größer-2' }),
    ]
    await one?.append([lead(1, { idempotencyKey: 'k' }), ...leads(2)])
    await one?.commit('ada', { epoch: 'e', position: 1 })
    await one?.presence.enter('p', [{ channel: 'leads', identity: 'ada' }], 10_000)
    for (const other of [two, three]) {
      expect(await other?.read(0, atMost(10))).toMatchObject({ head: 0, entries: [] })
      expect(await other?.read(0, atMost(10, ['leads']))).toMatchObject({ head: 0, entries: [] })
      expect((await other?.committed(['ada']))?.size).toBe(0)
      expect(await other?.presence.present('leads')).toEqual([])
      expect((await other?.append([lead(1, { idempotencyKey: 'k' })]))?.positions).toEqual([1])
      await other?.trim({ maxEvents: 0, maxAgeMs: 0, maxCommitAgeMs: Number.POSITIVE_INFINITY })
    }
    expect(await one?.read(0, atMost(10))).toMatchObject({ head: 3, oldest: 1 })
  })
})
