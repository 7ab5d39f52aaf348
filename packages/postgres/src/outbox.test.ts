import { lead, payloads } from '@sse/test-support/entries'
import { hasPostgres } from '@sse/test-support/postgres-server'
import { atMost, STATE } from '@sse/test-support/read-options'
import { until } from '@sse/test-support/until'
import { Client } from 'pg'
import { describe, expect, it } from 'vitest'
import { engineScope } from './fixtures/engine-scope.ts'

const { newDatabase, open, later } = engineScope()

async function connect(url: string): Promise<Client> {
  const client = new Client({ connectionString: url })
  await client.connect()
  later({ close: () => client.end() })
  return client
}

const INSERT = `
  INSERT INTO sse.outbox (log, channel, event, data, key, idempotency_key)
  SELECT id, $1, $2, $3, $4, $5 FROM sse.logs WHERE name = 'hub'`

describe.skipIf(!hasPostgres)('the outbox', { timeout: 60_000 }, () => {
  it.each([
    ['an empty event name', ['leads', '', '1', null, null]],
    ['an event name with a line feed', ['leads', 'a\nb', '1', null, null]],
    ['an event name with a carriage return', ['leads', 'a\rb', '1', null, null]],
    ['an event name of 1,025 characters', ['leads', 'x'.repeat(1_025), '1', null, null]],
    ['data above 64 MiB', ['leads', 'lead', 'x'.repeat(67_108_865), null, null]],
    ['an empty channel', ['', 'lead', '1', null, null]],
    ['a channel of 9,000 characters', ['x'.repeat(9_000), 'lead', '1', null, null]],
    ['a channel with a control character', ['a\u001fb', 'lead', '1', null, null]],
    ['a channel with a C1 control character', ['a\u0085b', 'lead', '1', null, null]],
    ['a key of 257 characters', ['leads', 'lead', '1', 'x'.repeat(257), null]],
    ['an idempotency key with a tab', ['leads', 'lead', '1', null, 'a\tb']],
  ])('refuses a row with %s, whichever program writes it', async (_, row) => {
    const { url } = await newDatabase()
    const engine = open(url)
    await engine.append([lead(1)])
    const client = await connect(url)
    await expect(client.query(INSERT, row)).rejects.toMatchObject({ code: '23514' })
    await client.query(INSERT, ['leads', 'lead', '2', 'key', 'once'])
    expect((await engine.append([lead(3)])).positions).toEqual([3])
  })

  it('sets a row aside that cannot be stored, moves all others, and warns once', async () => {
    const { server, url } = await newDatabase()
    const warnings: string[] = []
    const engine = open({ url, onWarning: (warning) => warnings.push(warning) })
    await engine.append([lead(1)])
    // As an operator may have it, or a trigger.
    await server.query(`ALTER TABLE sse.entries ADD CHECK (data <> '"bad"')`, [], url)
    const client = await connect(url)
    await client.query('BEGIN')
    for (const data of [2, 'bad', 3, 'bad', 4])
      await engine.insert(lead(data, { idempotencyKey: `${data}` }), client)
    await client.query('COMMIT')
    await until(async () => (await engine.read(0, STATE)).head === 4, 'the others are in the log')
    expect(payloads((await engine.read(0, atMost(10))).entries)).toEqual([1, 2, 3, 4])
    const rejected = await server.query('SELECT data, reason FROM sse.rejected ORDER BY id', [], url)
    expect(rejected).toEqual([
      { data: '"bad"', reason: expect.stringContaining('violates check constraint') },
      { data: '"bad"', reason: expect.stringContaining('violates check constraint') },
    ])
    await until(() => warnings.some((warning) => warning.startsWith('2 events of the outbox')), 'it warns')
    // An append of a process moves the outbox too.
    await engine.insert(lead('bad'), client)
    await engine.insert(lead(5), client)
    expect((await engine.append([lead(6)])).positions).toEqual([6])
    await until(
      () => warnings.some((warning) => warning.startsWith('3 events of the outbox')),
      'it warns again',
    )
    expect(warnings.filter((warning) => warning.startsWith('2 events of the outbox'))).toHaveLength(1)
    expect(await server.query('SELECT count(*)::integer AS n FROM sse.outbox', [], url)).toEqual([{ n: 0 }])
  })
})
