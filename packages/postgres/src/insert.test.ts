import { setTimeout as pause } from 'node:timers/promises'
import { defineStream, type } from '@sse/contract'
import { createHub } from '@sse/server'
import { lead, leads, payloads } from '@sse/test-support/entries'
import { failureOf } from '@sse/test-support/failure-of'
import { hasPostgres } from '@sse/test-support/postgres-programs'
import { atMost, STATE } from '@sse/test-support/read-options'
import { until } from '@sse/test-support/until'
import { sql as drizzleSql } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/node-postgres'
import { CompiledQuery, Kysely, PostgresDialect } from 'kysely'
import { Client, Pool } from 'pg'
import postgresJs from 'postgres'
import { describe, expect, it } from 'vitest'
import { engineScope } from './fixtures/engine-scope.ts'
import { type PostgresEngine, postgres, type RunSql } from './index.ts'

const { newDatabase, open, later } = engineScope()
const LEADS = 'CREATE TABLE leads (title text)'

async function connect(url: string): Promise<Client> {
  const client = new Client({ connectionString: url })
  client.on('error', () => {})
  await client.connect()
  later({ close: () => client.end() })
  return client
}

const runOn =
  (client: Client): RunSql =>
  (text, params) =>
    client.query(text, params)

const allOf = async (engine: PostgresEngine) => payloads((await engine.read(0, atMost(10_000))).entries)

/** Does `work` with a function that runs SQL, in a transaction that is committed, or rolled back if it throws. */
type Transact = (work: (run: RunSql) => Promise<void>) => Promise<unknown>

const drivers: Record<string, (url: string) => Promise<Transact>> = {
  async pg(url) {
    const client = await connect(url)
    return async (work) => {
      await client.query('BEGIN')
      try {
        await work(runOn(client))
        await client.query('COMMIT')
      } catch (error) {
        await client.query('ROLLBACK')
        throw error
      }
    }
  },
  async postgres(url) {
    const sql = connectPostgresJs(url)
    return (work) => sql.begin((tx) => work((text, params) => tx.unsafe(text, params)))
  },
  async 'postgres, by its template tag'(url) {
    const sql = connectPostgresJs(url)
    return (work) => sql.begin((tx) => work((_, params, strings) => tx(strings, ...params)))
  },
  async Drizzle(url) {
    const pool = new Pool({ connectionString: url })
    later({ close: () => pool.end() })
    const db = drizzle(pool)
    return (work) =>
      db.transaction((tx) => work((_, params, strings) => tx.execute(drizzleSql(strings, ...params))))
  },
  async Kysely(url) {
    const db = new Kysely({ dialect: new PostgresDialect({ pool: new Pool({ connectionString: url }) }) })
    later({ close: () => db.destroy() })
    return (work) =>
      db
        .transaction()
        .execute((tx) => work((text, params) => tx.executeQuery(CompiledQuery.raw(text, params))))
  },
}

function connectPostgresJs(url: string) {
  const sql = postgresJs(url, { max: 1 })
  later({ close: () => sql.end() })
  return sql
}

/** As a template tag gets it. */
const template = (strings: TemplateStringsArray): TemplateStringsArray => strings
const ADD_ROW = "INSERT INTO leads (title) VALUES ('one')"
const addRow = (run: RunSql) => run(ADD_ROW, [], template`INSERT INTO leads (title) VALUES ('one')`)

describe.skipIf(!hasPostgres)('publishing inside a transaction of the app', { timeout: 60_000 }, () => {
  it.each(Object.entries(drivers))(
    'with %s, commits a row and its event together or neither',
    async (_, connectDriver) => {
      const { server, url } = await newDatabase()
      await server.query(LEADS, [], url)
      const hubEngine = open(url)
      const contract = defineStream({ path: '/leads', events: { lead: type<string>() } })
      const hub = later(createHub(contract, { engine: hubEngine }))
      const transact = await connectDriver(url)
      const titles = [`Ada`, `O'Hara "1" \\ $1`, '🦊']
      for (const title of titles) {
        await transact(async (run) => {
          await run(
            `INSERT INTO leads (title) VALUES ('one')`,
            [],
            Object.assign([`INSERT INTO leads (title) VALUES ('one')`], { raw: [] }),
          )
          await hub.publishIn(run, 'all', 'lead', title, { key: title, idempotencyKey: title })
        })
      }
      const rolledBack = transact(async (run) => {
        await addRow(run)
        await hub.publishIn(run, 'all', 'lead', 'gone')
        throw new Error('changed my mind')
      })
      await expect(rolledBack).rejects.toThrow('changed my mind')
      await hub.publish('all', 'lead', 'last')
      const { entries } = await hubEngine.read(0, atMost(100))
      expect(
        entries.map(({ position, channel, event, data, key }) => [
          position,
          channel,
          event,
          JSON.parse(data),
          key,
        ]),
      ).toEqual(
        [...titles, 'last'].map((title, index) => [
          index + 1,
          'all',
          'lead',
          title,
          title === 'last' ? undefined : title,
        ]),
      )
      expect(await server.query('SELECT count(*)::integer AS leads FROM leads', [], url)).toEqual([
        { leads: 3 },
      ])
    },
  )

  it('rejects an event that is not in the contract before it reaches the transaction', async () => {
    const contract = defineStream({ path: '/leads', events: { lead: type<string>() } })
    const { url } = await newDatabase()
    const hub = later(createHub(contract, { engine: open(url) }))
    let calls = 0
    const run: RunSql = async () => {
      calls += 1
    }
    // @ts-expect-error: no such event
    expect((await failureOf(() => hub.publishIn(run, 'all', 'load', ''))).code).toBe('event_unknown')
    expect(calls).toBe(0)
  })

  it('delivers an event to another process within milliseconds of the commit', async () => {
    const { url } = await newDatabase()
    const [engine, other] = [open(url), open(url)]
    const client = await connect(url)
    let wakes = 0
    other.onWake(() => {
      wakes += 1
    })
    await other.read(0, STATE)
    await until(() => wakes > 0, 'it listens')
    const delays: number[] = []
    for (let turn = 1; turn <= 10; turn += 1) {
      await client.query('BEGIN')
      await engine.insert(lead(turn), runOn(client))
      await pause(turn)
      await client.query('COMMIT')
      const since = performance.now()
      await until(async () => (await other.read(0, STATE)).head === turn, 'it is in the log')
      delays.push(performance.now() - since)
    }
    expect(delays.sort((a, b) => a - b)[5]).toBeLessThan(250)
  })

  it('leaves no event and no hole after a rollback to a savepoint', async () => {
    const { url } = await newDatabase()
    const engine = open(url)
    const client = await connect(url)
    await client.query('BEGIN')
    await engine.insert(lead(1), runOn(client))
    await client.query('SAVEPOINT part')
    await engine.insert(lead('gone'), runOn(client))
    await client.query('ROLLBACK TO part')
    await engine.insert(lead(2), runOn(client))
    await client.query('COMMIT')
    expect((await engine.append([lead(3)])).positions).toEqual([3])
    expect(await allOf(engine)).toEqual([1, 2, 3])
  })

  it('stores one event for an idempotency key and channel, in transactions and appends alike', async () => {
    const { url } = await newDatabase()
    const engine = open(url)
    const client = await connect(url)
    const once = (n: number) => lead(n, { idempotencyKey: 'k' })
    await client.query('BEGIN')
    for (const n of [1, 2]) await engine.insert(once(n), runOn(client))
    await engine.insert(lead('after'), runOn(client))
    await client.query('COMMIT')
    expect((await engine.append([once(3), lead('last'), once(4)])).positions).toEqual([1, 3, 1])
    await engine.insert(once(5), runOn(client))
    await engine.insert(lead('end'), runOn(client))
    await until(async () => (await engine.read(0, STATE)).head === 4, 'all are in the log')
    expect(await allOf(engine)).toEqual([1, 'after', 'last', 'end'])
    // Two transactions at once with one key: neither waits for the other, the first to commit wins.
    const other = await connect(url)
    await client.query('BEGIN')
    await other.query('BEGIN')
    await engine.insert(lead('late', { idempotencyKey: 'two' }), runOn(client))
    await engine.insert(lead('early', { idempotencyKey: 'two' }), runOn(other))
    await other.query('COMMIT')
    await until(async () => (await engine.read(0, STATE)).head === 5, 'the first is in the log')
    await client.query('COMMIT')
    expect((await engine.append([lead('x', { idempotencyKey: 'two' }), lead('y')])).positions).toEqual([5, 6])
    expect((await allOf(engine)).slice(4)).toEqual(['early', 'y'])
    // Another channel has its own keys.
    const elsewhere = (n: number) => lead(n, { channel: 'other', idempotencyKey: 'k' })
    await engine.insert(elsewhere(7), client)
    await engine.insert(elsewhere(8), client)
    const { positions } = await engine.append([elsewhere(9), once(10), elsewhere(11), lead('z')])
    expect(positions).toEqual([7, 1, 7, 8])
    const both = [
      lead(1, { channel: 'a', idempotencyKey: 'n' }),
      lead(2, { channel: 'b', idempotencyKey: 'n' }),
    ]
    expect((await engine.append([...both, ...both])).positions).toEqual([9, 10, 9, 10])
  })

  it('places events committed before a publish before it, even thousands of them', async () => {
    const { url } = await newDatabase()
    const engine = open(url)
    const client = await connect(url)
    await client.query('BEGIN')
    for (const entry of leads(2_100)) await engine.insert(entry, runOn(client))
    await client.query('COMMIT')
    expect((await engine.append([lead('then')])).positions).toEqual([2_101])
    expect(await allOf(engine)).toEqual([...Array.from({ length: 2_100 }, (_, index) => index + 1), 'then'])
  })

  it('takes a client of pg, and a transaction of postgres.js, as they are', async () => {
    const { url } = await newDatabase()
    const engine = open(url)
    const client = await connect(url)
    await client.query('BEGIN')
    await engine.insert(lead('pg', { key: 'k' }), client)
    await client.query('COMMIT')
    const pool = new Pool({ connectionString: url })
    later({ close: () => pool.end() })
    await engine.insert(lead('pool'), pool)
    const sql = connectPostgresJs(url)
    await sql.begin((tx) => engine.insert(lead('postgres.js'), tx))
    const rolledBack = sql.begin(async (tx) => {
      await engine.insert(lead('gone'), tx)
      throw new Error('changed my mind')
    })
    await expect(rolledBack).rejects.toThrow('changed my mind')
    await until(async () => (await engine.read(0, STATE)).head === 3, 'all are in the log')
    expect(await allOf(engine)).toEqual(['pg', 'pool', 'postgres.js'])
  })

  it.each([undefined, null, {}, { query: {} }, 'BEGIN'])('rejects %j as a transaction', async (tx) => {
    const engine = postgres('postgres://127.0.0.1:1/nothing')
    expect((await failureOf(() => engine.insert(lead(1), tx as never))).code).toBe('option_invalid')
    await engine.close()
  })

  it('rethrows what the app throws', async () => {
    const { url } = await newDatabase()
    const engine = open(url)
    await expect(engine.insert(lead(1), () => Promise.reject(new Error('no connection')))).rejects.toThrow(
      'no connection',
    )
    expect(await allOf(engine)).toEqual([])
  })
})
