import { lead, leads } from '@sse/test-support/entries'
import { failureOf } from '@sse/test-support/failure-of'
import { freePort } from '@sse/test-support/free-port'
import { hasPostgres } from '@sse/test-support/postgres-programs'
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

describe.skipIf(!hasPostgres)('what a server answers', { timeout: 60_000 }, () => {
  it('nobody is there: unavailable within the time, and served once somebody is', async () => {
    const engine = open({ url: `postgres://app:s3cret@127.0.0.1:${await freePort()}/app`, timeoutMs: 500 })
    const since = performance.now()
    expect(await answer(() => engine.append(leads(1)))).toEqual(
      unavailable('Postgres at <server>/app cannot be reached: ECONNREFUSED'),
    )
    expect(performance.now() - since).toBeLessThan(3_000)
  })

  it('a wrong password, or none, said at once and without it', async () => {
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
      failed('Postgres at <server>/postgres wants a password, and none was given'),
    )
    expect((await open(at('app:right')).append(leads(1))).positions).toEqual([1])
    const asked = open({ url: at('app'), password: async () => 'right' })
    expect((await asked.append(leads(1))).positions).toEqual([2])
  })

  it('a database that does not exist', async () => {
    const { url } = await newDatabase()
    expect(await answer(() => open(`${url}-not`).read(0, 1))).toEqual(
      failed('Postgres at <server>/app-not has no database of that name: create it, or correct the URL'),
    )
  })

  it('a database that is not encoded in UTF-8', async () => {
    const { server, url } = await newDatabase()
    await server.query(`CREATE DATABASE latin ENCODING 'LATIN1' TEMPLATE template0`)
    expect(await answer(() => open(url.replace(/[^/]*$/, 'latin')).read(0, 1))).toEqual(
      failed('The database of Postgres at <server>/latin is encoded in LATIN1: it has to be UTF8'),
    )
  })

  it('a version below 14, and something that is no Postgres', async () => {
    const old = laterStop(await startMock('13.4'))
    expect(await answer(() => open(old.url).read(0, 1))).toEqual(
      failed('Postgres at <server>/app is version 13.4: 14 is the least'),
    )
    const other = laterStop(await startMock(undefined))
    expect((await answer(() => open({ url: other.url, timeoutMs: 500 }).read(0, 1))).code).toBe(
      'engine_unavailable',
    )
  })

  it('missing rights are named, and the rights that the page names are enough', async () => {
    const { server, url } = await newDatabase()
    const role = `app_${server.port}_${Date.now()}`
    await server.query(`CREATE ROLE ${role} LOGIN`)
    const own = url.replace('postgres@', `${role}@`)
    expect(await answer(() => open(own).append(leads(1)))).toEqual(
      failed(
        'Postgres at <server>/app forbids something to this user (permission denied for database app): let it own the schema sse, or grant it what the README names',
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
    await until(async () => (await engine.read(0, 10, ['leads'])).entries.length === 5, 'it is placed')
    await engine.trim({ maxEvents: 1, maxAgeMs: 1_000 })
    await engine.commit('ada', { epoch, position: 1 })
    expect(await engine.committed('ada')).toEqual({ epoch, position: 1 })
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
  ])('somebody else has %s in the schema: it is left alone', async (_, create, names) => {
    const { server, url } = await newDatabase()
    await server.query('CREATE SCHEMA sse', [], url)
    await server.query(create, [], url)
    expect(await answer(() => open(url).append(leads(1)))).toEqual(
      failed(
        `Postgres at <server>/app has tables in the schema sse that are not of @sse/postgres (${names}): use another \`schema\`, or rename them`,
      ),
    )
    const count = `SELECT count(*)::integer AS n FROM pg_class WHERE relnamespace = 'sse'::regnamespace`
    expect(await server.query(count, [], url)).toEqual([{ n: 1 }])
    expect((await open({ url, schema: 'other' }).append(leads(1))).positions).toEqual([1])
  })

  it('tables of a newer version are left alone', async () => {
    const { server, url } = await newDatabase()
    await open(url).append(leads(1))
    await server.query('UPDATE sse.meta SET version = 99', [], url)
    expect(await answer(() => open(url).read(0, 1))).toEqual(
      failed(
        'Postgres at <server>/app has a schema sse that was written by a newer @sse/postgres (tables 99, known 1): upgrade this one',
      ),
    )
  })

  it('a schema that is there already, beside the app’s own tables, is used', async () => {
    const { server, url } = await newDatabase()
    await server.query('CREATE TABLE public.leads (id integer)', [], url)
    expect((await open({ url, schema: 'public' }).append(leads(1))).positions).toEqual([1])
  })

  it('many processes that start at once make the tables once', async () => {
    const { url } = await newDatabase()
    const engines = Array.from({ length: 8 }, () => open({ url, timeoutMs: 10_000 }))
    const stored = await Promise.all(engines.map((engine) => engine.append(leads(1))))
    expect(stored.map(({ positions }) => positions[0]).sort()).toEqual([1, 2, 3, 4, 5, 6, 7, 8])
    expect(new Set(stored.map(({ epoch }) => epoch)).size).toBe(1)
  })

  it('a server that takes no writes: unavailable until it does', async () => {
    const { server, url } = await newDatabase()
    const database = new URL(url).pathname.slice(1)
    const engine = open({ url, timeoutMs: 1_000 })
    await engine.append(leads(1))
    await server.query(`ALTER DATABASE "${database}" SET default_transaction_read_only = on`)
    const readOnly = open({ url, timeoutMs: 1_000 })
    expect(await answer(() => readOnly.append(leads(1)))).toEqual(
      unavailable(
        'Postgres at <server>/app is a standby, or read-only, and takes no writes: waiting for a primary',
      ),
    )
    await server.query(`ALTER DATABASE "${database}" SET default_transaction_read_only = off`)
    expect((await until(() => readOnly.append(leads(1)), 'it takes writes')).positions).toEqual([2])
  })

  it('no connection is left: unavailable', async () => {
    const { server, url } = await newDatabase()
    await server.query(`CREATE ROLE narrow_${server.port} LOGIN CONNECTION LIMIT 0`)
    expect(
      await answer(() =>
        open({ url: url.replace('postgres@', `narrow_${server.port}@`), timeoutMs: 1_500 }).read(0, 1),
      ),
    ).toEqual(unavailable('Postgres at <server>/app has no connection left (max_connections)'))
  })

  it('somebody holds the log’s row for longer than the time: unavailable, and stored once it is free', async () => {
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
    expect(await engine.read(0, 10)).toMatchObject({ head: 1 }) // readers do not wait
    await client.query('COMMIT')
    expect((await until(() => engine.append(once), 'it is free')).positions).toEqual([2])
  })

  it('payloads up to 64 MiB, and no more than 128 Mi characters at once', { timeout: 60_000 }, async () => {
    const { url } = await newDatabase()
    const engine = open({ url, timeoutMs: 30_000 })
    expect(engine.maxDataBytes).toBe(67_108_864)
    const large = lead('x'.repeat(67_108_862))
    expect((await engine.append([large])).positions).toEqual([1])
    expect(await answer(() => engine.append([large, large, lead(1)]))).toEqual(
      failed(
        'Postgres takes no 134217729 characters at once, at most 134217728: publish smaller payloads, or fewer at a time',
      ),
    )
    expect((await engine.append([lead(1)])).positions).toEqual([2])
  })

  it('a server that does not write through to its disk is warned about, once', async () => {
    const { url } = await newDatabase() // fsync = off
    const warnings: string[] = []
    const engine = open({ url, onWarning: (warning) => warnings.push(warning) })
    await engine.append(leads(1))
    await engine.read(0, 0)
    expect(warnings).toEqual([expect.stringMatching(/runs with fsync = off/)])
  })
})

describe('options', () => {
  it.each([
    [{ url: 'http://:s3cret@localhost' }, 'url has to be like postgres://user:password@host:5432/database'],
    [{ url: 's3cret' }, 'url has to be like postgres://user:password@host:5432/database'],
    [{ listenUrl: 's3cret' }, 'listenUrl has to be like postgres://user:password@host:5432/database'],
    [{ name: '' }, 'name has to be 1 to 128 characters, not ""'],
    [
      { schema: 'a"b' },
      'schema has to be 1 to 63 bytes of letters, digits, _ and -, without a digit first, not "a\\"b"',
    ],
    [{ timeoutMs: 0 }, 'timeoutMs must be 1 to 1073741823, not 0'],
  ])('%j are refused', async (options, message) => {
    expect(await failureOf(() => postgres(options))).toEqual({
      code: 'option_invalid',
      message: `postgres: ${message}`,
    })
  })
})
