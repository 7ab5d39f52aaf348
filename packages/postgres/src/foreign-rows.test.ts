import { defineStream, type } from '@sse/contract'
import { createHub } from '@sse/server'
import { hasPostgres } from '@sse/test-support/postgres-server'
import { readAmongForeign } from '@sse/test-support/read-among-foreign'
import fc from 'fast-check'
import { Client } from 'pg'
import { describe, it, onTestFinished } from 'vitest'
import { engineScope } from './fixtures/engine-scope.ts'

const { newDatabase, open } = engineScope()
const numbers = defineStream({ path: '/numbers', events: { number: type<unknown>() } })

const anything = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 24 }),
  fc.uint8Array({ maxLength: 24 }).map((bytes) => Buffer.from(bytes).toString('latin1')),
  fc.json({ maxDepth: 1 }),
  fc.constantFrom('', ' ', 'sse.end', 'a\nb', '{\n  "a": 1\n}', null),
)
const value = (...valid: string[]) => fc.oneof(fc.constantFrom(...valid), anything)
const row = fc.tuple(
  value('a', 'a', 'b'),
  value('number', 'number'),
  value('"foreign"'),
  fc.oneof(fc.constant(null), anything),
  fc.oneof(fc.constant(null), anything),
)
const DROP_CHECKS = `DO $$ DECLARE c record; BEGIN
  FOR c IN SELECT conrelid::regclass AS t, conname FROM pg_constraint
    WHERE contype = 'c' AND connamespace = 'sse'::regnamespace
  LOOP EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', c.t, c.conname); END LOOP;
END $$`

describe.skipIf(!hasPostgres)('rows of another program in the outbox', { timeout: 60_000 }, () => {
  it('never stop the log, even after an operator has dropped the checks: everything else is delivered in order', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(row, { minLength: 10, maxLength: 30 }), async (rows) => {
        const { url } = await newDatabase()
        const openHub = (ring = {}) => {
          const hub = createHub(numbers, { engine: open(url), ring, onError: () => {} })
          onTestFinished(() => hub.close())
          return hub
        }
        const client = new Client({ connectionString: url })
        const openWriter = async () => {
          await client.connect()
          await client.query(DROP_CHECKS)
          const insert = `INSERT INTO sse.outbox (log, channel, event, data, key, idempotency_key)
            SELECT id, $1, $2, $3, $4, $5 FROM sse.logs WHERE name = 'hub'`
          return (values: unknown[]) => client.query(insert, values).catch(() => {}) // refused by the table
        }
        try {
          await readAmongForeign({ openHub, openWriter, entries: rows })
        } finally {
          await client.end()
        }
      }),
      { numRuns: 2 },
    )
  })
})
