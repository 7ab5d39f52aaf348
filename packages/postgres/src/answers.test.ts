import { lead, leads } from '@sse/test-support/entries'
import { failureOf } from '@sse/test-support/failure-of'
import { freePort } from '@sse/test-support/free-port'
import { hasPostgres } from '@sse/test-support/postgres-programs'
import { atMost, STATE } from '@sse/test-support/read-options'
import { until } from '@sse/test-support/until'
import { Client } from 'pg'
import { describe, expect, it } from 'vitest'
import { engineScope } from './fixtures/engine-scope.ts'
import { startMock } from './fixtures/mock-server.ts'
import { postgres } from './index.ts'

const { start, newDatabase, open, later, laterStop } = engineScope()

/** The failure without the address. */
async function answer(call: () => unknown) {
  const { code, message } = await failureOf(call)
  return { code, message: message.replace(/127\.0\.0\.1:\d+/, '<server>').replace(/test-\d+/g, 'app') }
}

const unavailable = (message: string) => ({ code: 'engine_unavailable', message })
const failed = (message: string) => ({ code: 'engine_failed', message })

describe.skipIf(!hasPostgres)('a server that refuses', { timeout: 60_000 }, () => {
  it('is reported as unavailable within the timeout when nothing listens', async () => {
    const engine = open({ url: `postgres://app:s3cret@127.0.0.1:${await freePort()}/app`, timeoutMs: 500 })
    const since = performance.now()
    expect(await answer(() => engine.append(leads(1)))).toEqual(
      unavailable('Postgres at <server>/app cannot be reached: ECONNREFUSED'),
    )
    expect(performance.now() - since).toBeLessThan(3_000)
  })

  it('is reported at once for a wrong or missing password, without quoting it', async () => {
    const server = await start()
    await server.query(`CREATE ROLE app LOGIN PASSWORD 'right'`)
    await server.query(
      `COPY (SELECT 'host all postgres 127.0.0.1/32 trust' UNION ALL SELECT 'host all all 127.0.0.1/32 scram-sha-256')
       TO '${server.data}/pg_hba.conf'`,
    )
    await server.query('SELECT pg_reload_conf()')
    await server.query('CREATE SCHEMA sse AUTHORIZATION app')
    const at = (credentials: string) => server.url.replace('postgres@', `${credentials}@`)
    const refused = failed(
      'Postgres at <server>/postgres refuses the credentials: check user name, password and pg_hba.conf',
    )
    await until(
      async () => (await answer(() => open(at('app:s3cret')).append(leads(1)))).code === 'engine_failed',
      'it asks',
    )
    expect(await answer(() => open(at('app:s3cret')).append(leads(1)))).toEqual(refused)
    expect(await answer(() => open(at('nobody:s3cret')).append(leads(1)))).toEqual(refused)
    expect(await answer(() => open(at('app')).append(leads(1)))).toEqual(
      failed('Postgres at <server>/postgres requires a password, and none was given'),
    )
    expect((await open(at('app:right')).append(leads(1))).positions).toEqual([1])
    const asked = open({ url: at('app'), password: async () => 'right' })
    expect((await asked.append(leads(1))).positions).toEqual([2])
  })

  it('is asked again for its password at each connect', async () => {
    const { url } = await newDatabase()
    let calls = 0
    const engine = open({
      url,
      timeoutMs: 1_000,
      password: () => {
        calls += 1
        if (calls === 1) throw new Error('the vault is sealed')
        return calls === 2 ? new Promise<never>(() => {}) : 'any'
      },
    })
    expect(await failureOf(() => engine.read(0, STATE))).toEqual({
      code: 'engine_unavailable',
      message: 'password() for Postgres failed: the vault is sealed',
    })
    await until(() => engine.read(0, STATE), 'it connects')
    expect(calls).toBeGreaterThan(2)
  })

  it('is reported for a database that does not exist', async () => {
    const { url } = await newDatabase()
    expect(await answer(() => open(`${url}-not`).read(0, atMost(1)))).toEqual(
      failed('Postgres at <server>/app-not has no database of that name: create it, or correct the URL'),
    )
  })

  it('is rejected for a database that is not encoded in UTF-8', async () => {
    const { server, url } = await newDatabase()
    await server.query(`CREATE DATABASE latin ENCODING 'LATIN1' TEMPLATE template0`)
    expect(await answer(() => open(url.replace(/[^/]*$/, 'latin')).read(0, atMost(1)))).toEqual(
      failed('The database of Postgres at <server>/latin is encoded in LATIN1: UTF8 is required'),
    )
  })

  it('is rejected below version 14, and reported as unavailable if it does not speak the protocol', async () => {
    const old = laterStop(await startMock('13.4'))
    expect(await answer(() => open(old.url).read(0, atMost(1)))).toEqual(
      failed('Postgres 13.4 at <server>/app is not supported: version 14 or later is required'),
    )
    const other = laterStop(await startMock(undefined))
    expect((await answer(() => open({ url: other.url, timeoutMs: 500 }).read(0, atMost(1)))).code).toBe(
      'engine_unavailable',
    )
  })

  it('names missing rights, and works with exactly the rights that the README names', async () => {
    const { server, url } = await newDatabase()
    const role = `app_${server.port}_${Date.now()}`
    await server.query(`CREATE ROLE ${role} LOGIN`)
    const own = url.replace('postgres@', `${role}@`)
    expect(await answer(() => open(own).append(leads(1)))).toEqual(
      failed(
        'Postgres at <server>/app denies a right to this user (permission denied for database app): let it own the schema sse, or grant the rights in the README',
      ),
    )
    await open(url).append(leads(1)) // the owner starts the app once
    await server.query(`GRANT USAGE ON SCHEMA sse TO ${role}`, [], url)
    expect((await answer(() => open(own).append(leads(1)))).message).toContain(
      'permission denied for table meta',
    )
    await server.query(`GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA sse TO ${role}`, [], url)
    const engine = open(own)
    const { positions, epoch } = await engine.append([lead(1, { idempotencyKey: 'a' }), ...leads(2)])
    expect(positions).toEqual([2, 3, 4])
    const client = new Client({ connectionString: own })
    await client.connect()
    later({ close: () => client.end() })
    await engine.insert(lead('app'), (text, params) => client.query(text, params))
    await until(
      async () => (await engine.read(0, atMost(10, ['leads']))).entries.length === 5,
      'it is in the log',
    )
    await engine.trim({ maxEvents: 1, maxAgeMs: 1_000, maxCommitAgeMs: Number.POSITIVE_INFINITY })
    await engine.commit('ada', { epoch, position: 1 })
    expect((await engine.committed(['ada'])).get('ada')).toEqual({ epoch, position: 1 })
    await engine.presence.enter('p', [{ channel: 'a', identity: 'ada' }], 10_000)
    expect(await engine.presence.touch('p', 10_000)).toBe(true)
    expect(await engine.presence.present('a')).toEqual(['ada'])
    await engine.presence.leave('p', [{ channel: 'a', identity: 'ada' }])
    expect((await open({ url: own, name: 'another' }).append(leads(1))).positions).toEqual([1])
  })

  it.each([
    ['an entries table', 'CREATE TABLE sse.entries (id integer)', 'entries'],
    ['a meta table of other columns', 'CREATE TABLE sse.meta (id integer)', 'meta'],
    ['a meta table of its own', `CREATE TABLE sse.meta AS SELECT 'me'::text AS owner, 1 AS version`, 'meta'],
    ['a view', 'CREATE VIEW sse.logs AS SELECT 1 AS id', 'logs'],
  ])('leaves %s of another program in the schema alone', async (_, create, names) => {
    const { server, url } = await newDatabase()
    await server.query('CREATE SCHEMA sse', [], url)
    await server.query(create, [], url)
    expect(await answer(() => open(url).append(leads(1)))).toEqual(
      failed(
        `Postgres at <server>/app has tables of another program in the schema sse (${names}): use another \`schema\`, or rename them`,
      ),
    )
    const count = `SELECT count(*)::integer AS n FROM pg_class WHERE relnamespace = 'sse'::regnamespace`
    expect(await server.query(count, [], url)).toEqual([{ n: 1 }])
    expect((await open({ url, schema: 'other' }).append(leads(1))).positions).toEqual([1])
  })

  it('leaves tables of a newer version alone', async () => {
    const { server, url } = await newDatabase()
    await open(url).append(leads(1))
    await server.query('UPDATE sse.meta SET version = 99', [], url)
    expect(await answer(() => open(url).read(0, atMost(1)))).toEqual(
      failed(
        'Postgres at <server>/app has a schema sse written by a newer @sse/postgres (tables 99, known 6): upgrade this process',
      ),
    )
  })

  it('uses an existing schema, beside the tables of the app', async () => {
    const { server, url } = await newDatabase()
    await server.query('CREATE TABLE public.leads (id integer)', [], url)
    expect((await open({ url, schema: 'public' }).append(leads(1))).positions).toEqual([1])
  })

  it('creates the tables once when many processes start at once', async () => {
    const { url } = await newDatabase()
    const engines = Array.from({ length: 8 }, () => open({ url, timeoutMs: 10_000 }))
    const stored = await Promise.all(engines.map((engine) => engine.append(leads(1))))
    expect(stored.map(({ positions }) => positions[0]).sort()).toEqual([1, 2, 3, 4, 5, 6, 7, 8])
    expect(new Set(stored.map(({ epoch }) => epoch)).size).toBe(1)
  })

  it('is reported as unavailable while it accepts no writes', async () => {
    const { server, url } = await newDatabase()
    const database = new URL(url).pathname.slice(1)
    const engine = open({ url, timeoutMs: 1_000 })
    await engine.append(leads(1))
    await server.query(`ALTER DATABASE "${database}" SET default_transaction_read_only = on`)
    const readOnly = open({ url, timeoutMs: 1_000 })
    expect(await answer(() => readOnly.append(leads(1)))).toEqual(
      unavailable(
        'Postgres at <server>/app is a standby, or read-only, and accepts no writes: waiting for a primary',
      ),
    )
    await server.query(`ALTER DATABASE "${database}" SET default_transaction_read_only = off`)
    expect((await until(() => readOnly.append(leads(1)), 'it takes writes')).positions).toEqual([2])
  })

  it('is reported as unavailable while it has no connections left', async () => {
    const { server, url } = await newDatabase()
    await server.query(`CREATE ROLE narrow_${server.port} LOGIN CONNECTION LIMIT 0`)
    expect(
      await answer(() =>
        open({ url: url.replace('postgres@', `narrow_${server.port}@`), timeoutMs: 1_500 }).read(
          0,
          atMost(1),
        ),
      ),
    ).toEqual(unavailable('Postgres at <server>/app has no connections left (max_connections)'))
  })

  it('rejects an append within the timeout while the row of the log is locked, and stores it afterwards', async () => {
    const { url } = await newDatabase()
    const engine = open({ url, timeoutMs: 1_500 })
    await engine.append(leads(1))
    const client = new Client({ connectionString: url })
    await client.connect()
    later({ close: () => client.end() })
    await client.query('BEGIN')
    await client.query('SELECT * FROM sse.logs FOR UPDATE')
    const once = [lead(2, { idempotencyKey: 'two' })]
    expect(await answer(() => engine.append(once))).toEqual(
      unavailable('Postgres at <server>/app has not answered for 1500 ms'),
    )
    expect(await engine.read(0, atMost(10))).toMatchObject({ head: 1 }) // readers do not wait
    await client.query('COMMIT')
    expect((await until(() => engine.append(once), 'it is free')).positions).toEqual([2])
  })

  it('stores payloads up to 64 MiB', { timeout: 240_000 }, async () => {
    const { url } = await newDatabase()
    const engine = open({ url, timeoutMs: 120_000 })
    expect(engine.maxDataBytes).toBe(67_108_864)
    const large = lead('x'.repeat(67_108_862))
    expect((await engine.append([large])).positions).toEqual([1])
    expect((await engine.append([lead(1)])).positions).toEqual([2])
  })

  it('stores a batch that is too large for one statement, all of it or nothing', async () => {
    const { url } = await newDatabase()
    const engine = open({ url, timeoutMs: 30_000 })
    const large = Array.from({ length: 12 }, (_, index) => lead(`${index}`.padEnd(2_000_000)))
    const once = lead('once', { idempotencyKey: 'k' })
    const { positions } = await engine.append([once, ...large, once])
    expect(positions).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 1])
    const refused = [...large, lead('not stored', { event: '' })]
    expect((await answer(() => engine.append(refused))).code).toBe('engine_failed')
    expect((await engine.read(0, STATE)).head).toBe(13)
    expect((await engine.append([lead(1)])).positions).toEqual([14])
  })

  it('warns once about a server that does not write through to its disk', async () => {
    const { url } = await newDatabase() // fsync = off
    const warnings: string[] = []
    const engine = open({ url, onWarning: (warning) => warnings.push(warning) })
    await engine.append(leads(1))
    await engine.read(0, STATE)
    expect(warnings).toEqual([expect.stringMatching(/runs with fsync = off/)])
  })
})

describe('options', () => {
  it.each([
    [{ url: 'http://:s3cret@localhost' }, 'url must be like postgres://user:password@host:5432/database'],
    [{ url: 's3cret' }, 'url must be like postgres://user:password@host:5432/database'],
    [{ listenUrl: 's3cret' }, 'listenUrl must be like postgres://user:password@host:5432/database'],
    [{ name: '' }, 'name must be 1 to 128 characters, not ""'],
    [
      { schema: 'a"b' },
      'schema must be 1 to 63 bytes of letters, digits, _ and -, without a digit first, not "a\\"b"',
    ],
    [{ timeoutMs: 0 }, 'timeoutMs must be 1 to 1073741823, not 0'],
  ])('rejects %j', async (options, message) => {
    expect(await failureOf(() => postgres(options))).toEqual({
      code: 'option_invalid',
      message: `postgres: ${message}`,
    })
  })
})
