import { lead, payloads } from '@sse/test-support/entries'
import { failureOf } from '@sse/test-support/failure-of'
import { hasPostgres } from '@sse/test-support/postgres-programs'
import { atMost } from '@sse/test-support/read-options'
import { until } from '@sse/test-support/until'
import { Client } from 'pg'
import { describe, expect, it } from 'vitest'
import { engineScope } from './fixtures/engine-scope.ts'

const { newDatabase, open, later } = engineScope()
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
})
