import { lead, payloads } from '@sse/test-support/entries'
import { failureOf } from '@sse/test-support/failure-of'
import { hasPostgres } from '@sse/test-support/postgres-programs'
import { atMost } from '@sse/test-support/read-options'
import { startScript } from '@sse/test-support/script-process'
import { until } from '@sse/test-support/until'
import { Client } from 'pg'
import { describe, expect, it } from 'vitest'
import { engineScope } from './fixtures/engine-scope.ts'

const { start: startServer, newDatabase, open, later, laterStop } = engineScope()
const range = (count: number) => Array.from({ length: count }, (_, index) => index + 1)

/** A database in which an append is at work until `release` is called, and what waits for it. */
async function start() {
  const { server, url } = await newDatabase()
  const engines = range(6).map(() => open(url))
  for (const engine of engines) await engine.append([lead('before')])
  const holder = new Client({ connectionString: url })
  await holder.connect()
  later({ close: () => holder.end() })
  await holder.query('BEGIN')
  await holder.query(`SELECT pg_advisory_xact_lock(hashtext('"sse".line'), hashtext('hub'))`)
  const offers = async (where = 'position IS NULL') =>
    (await server.query(`SELECT pid FROM sse.offers WHERE ${where}`, [], url)) as { pid: number }[]
  return { server, url, engines, offers, release: () => holder.query('COMMIT') }
}

describe.skipIf(!hasPostgres)('appends of one entry by several processes', { timeout: 60_000 }, () => {
  it('share one commit if they meet, and each gets the position of its own entry', async () => {
    const { server, url, engines, offers, release } = await start()
    const appended = Promise.all(
      engines.map(async (engine, index) => (await engine.append([lead(index)])).positions),
    )
    await until(async () => (await offers()).length === 6, 'all wait')
    await release()
    const positions = (await appended).flat()
    expect(positions.toSorted((a, b) => a - b)).toEqual(range(6).map((n) => n + 6))
    const { entries } = await (engines[0] as (typeof engines)[0]).read(6, atMost(10))
    for (const [index, position] of positions.entries()) {
      expect(entries.find((entry) => entry.position === position)?.data).toBe(String(index))
    }
    const commits = await server.query(
      'SELECT count(DISTINCT xmin::text)::integer AS n FROM sse.entries WHERE position > 6',
      [],
      url,
    )
    // One for the offers and one for the entry of the session that stores them: parts of one transaction.
    expect(commits).toEqual([{ n: 2 }])
  })

  it('fail alone if an entry cannot be stored', async () => {
    const { engines, offers, release } = await start()
    const bad = lead('bad', { channel: 'x'.repeat(257) })
    const appended = engines.map((engine, index) =>
      index % 3 === 0 ? failureOf(() => engine.append([bad])) : engine.append([lead(index)]),
    )
    await until(async () => (await offers()).length === 6, 'all wait')
    await release()
    const results = await Promise.all(appended)
    expect(results.map((result) => ('code' in result ? result.code : 'stored'))).toEqual([
      'engine_failed',
      'stored',
      'stored',
      'engine_failed',
      'stored',
      'stored',
    ])
    const [engine] = engines as [(typeof engines)[0]]
    await engine.append([lead('after')])
    const { entries } = await engine.read(6, atMost(10))
    expect(payloads(entries).toSorted()).toEqual([1, 2, 4, 5, 'after'])
  })

  it('store no entry of an append that has failed long ago', async () => {
    const { server, url, engines, offers, release } = await start()
    const [victim, other] = engines as [(typeof engines)[0], (typeof engines)[0]]
    const failure = failureOf(() => victim.append([lead('lost')]))
    const [offer] = await until(async () => {
      const waiting = await offers()
      return waiting.length === 1 && waiting
    }, 'it waits')
    await server.query('SELECT pg_terminate_backend($1)', [offer?.pid], url)
    expect((await failure).code).toBe('engine_unavailable')
    await server.query(`UPDATE sse.offers SET at = at - interval '1 minute'`, [], url)
    await release()
    expect((await other.append([lead('next')])).positions).toEqual([7])
    expect(payloads((await other.read(6, atMost(10))).entries)).toEqual(['next'])
  })

  it('do not answer an entry with the position of one that its session had offered before', async () => {
    const { server, url, engines, offers, release } = await start()
    await release()
    await server.query(
      `INSERT INTO sse.offers (pid, at, log_name, channel, event, data)
       VALUES (1, clock_timestamp(), 'hub', 'leads', 'lead', '"failed"')`,
      [],
      url,
    )
    const session = new Client({ connectionString: url })
    await session.connect()
    later({ close: () => session.end() })
    await session.query('BEGIN')
    await session.query(`UPDATE sse.offers SET at = clock_timestamp(), data = '"new"' WHERE pid = 1`)
    const appended = engines[0]?.append([lead('next')])
    await until(
      async () => (await server.query('SELECT FROM pg_locks WHERE NOT granted', [], url)).length > 0,
      'the append waits for the row',
    )
    await session.query('COMMIT')
    await appended
    expect(await offers('pid = 1 AND position IS NULL')).toHaveLength(1)
  })

  it('keep order and every acknowledged position when one of the processes is killed', async () => {
    const { url } = await newDatabase()
    const engine = open(url)
    await engine.append([lead('before')])
    const publishers = ['victim', 'b', 'c'].map((name) => {
      const file = new URL('fixtures/publisher-process.ts', import.meta.url)
      return laterStop(startScript(file, url, name, name === 'victim' ? '1000000' : '150', 'single'))
    })
    const acknowledged = (index: number) =>
      publishers[index]?.lines.filter((line) => /^\d+$/.test(line)).map(Number) ?? []
    await until(() => acknowledged(0).length > 50, 'it publishes')
    await publishers[0]?.stop()
    await Promise.all(publishers.slice(1).map(({ done }) => done))
    await engine.append([lead('after')])
    const { head, entries } = await engine.read(0, atMost(100_000))
    expect(entries.map(({ position }) => position)).toEqual(range(head))
    for (const [index, channel] of ['victim', 'b', 'c'].entries()) {
      const own = entries.filter((entry) => entry.channel === channel)
      expect(payloads(own)).toEqual(range(own.length).map((n) => n - 1))
      const positions = own.map(({ position }) => position)
      const seen = acknowledged(index)
      expect(positions.slice(0, seen.length)).toEqual(seen)
      expect(positions.length - seen.length).toBeLessThanOrEqual(channel === 'victim' ? 1 : 0)
    }
  })

  it('keep every acknowledged position over kill -9 of the server', async () => {
    const server = await startServer('fsync=off')
    const engines = range(4).map(() => open({ url: server.url, timeoutMs: 2_000 }))
    await engines[0]?.append([lead('before')])
    const acknowledged = new Map<number, string>()
    let isDone = false
    const publishing = engines.map(async (engine, publisher) => {
      for (let turn = 0; !isDone; turn += 1) {
        const data = `${publisher}/${turn}`
        const [position] = await engine.append([lead(data)]).then(
          ({ positions }) => positions,
          () => [], // it may be stored or not
        )
        if (position !== undefined) acknowledged.set(position, data)
      }
    })
    for (const kill of [1, 2]) {
      const before = acknowledged.size
      await until(() => acknowledged.size > before + 40, `they publish before kill ${kill}`)
      await server.kill()
      await server.start()
    }
    const before = acknowledged.size
    await until(() => acknowledged.size > before + 10, 'they publish again')
    isDone = true
    await Promise.all(publishing)
    const page = await until(() => engines[0]?.read(0, atMost(100_000)), 'it answers')
    const stored = payloads(page?.entries ?? [])
    expect(page?.entries.map(({ position }) => position)).toEqual(range(page?.head ?? 0))
    expect(new Set(stored).size).toBe(stored.length)
    for (const [position, data] of acknowledged) expect(stored[position - 1]).toBe(data)
  })
})
