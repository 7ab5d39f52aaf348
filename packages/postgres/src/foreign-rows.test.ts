import { defineStream, type } from '@sse/contract'
import { createHub } from '@sse/server'
import { hasPostgres } from '@sse/test-support/postgres-server'
import fc from 'fast-check'
import { Client } from 'pg'
import { describe, expect, it, onTestFinished } from 'vitest'
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
const own = (n: number) => `own ${n}`

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
        const createNext = (ring = {}) => {
          const hub = createHub(numbers, { engine: open(url), ring, onError: () => {} })
          onTestFinished(() => hub.close())
          return hub
        }
        /** Reads until the last number; a gap is a failure. */
        const readAll = async (hub: ReturnType<typeof createNext>, after: string, last: number) => {
          const seen: unknown[] = []
          for await (const { event, payload } of hub.subscribe('a', { after })) {
            if (event === 'gap') throw new Error('there is no gap')
            seen.push(payload)
            if (payload === own(last)) break
          }
          return seen
        }
        const publisher = createNext()
        const from = await publisher.publish('a', 'number', own(0))
        const client = new Client({ connectionString: url })
        await client.connect()
        try {
          await client.query(DROP_CHECKS)
          const live = readAll(createNext(), from, rows.length)
          for (const [index, values] of rows.entries()) {
            const insert = `INSERT INTO sse.outbox (log, channel, event, data, key, idempotency_key)
              SELECT id, $1, $2, $3, $4, $5 FROM sse.logs WHERE name = 'hub'`
            await client.query(insert, values).catch(() => {}) // refused by the table
            await publisher.publish('a', 'number', own(index + 1))
          }
          const seen = await live
          const owned = seen.filter((payload) => String(payload).startsWith('own '))
          expect(owned).toEqual(rows.map((_, n) => own(n + 1)))
          expect(await readAll(createNext(), from, rows.length)).toEqual(seen)
          expect(await readAll(createNext({ maxEvents: 1 }), from, rows.length)).toEqual(seen)
        } finally {
          await client.end()
        }
      }),
      { numRuns: 2 },
    )
  })
})
