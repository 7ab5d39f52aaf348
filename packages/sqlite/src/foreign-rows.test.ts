import { defineStream, type } from '@sse/contract'
import { createHub } from '@sse/server'
import { readAmongForeign } from '@sse/test-support/read-among-foreign'
import fc from 'fast-check'
import { it, onTestFinished } from 'vitest'
import { engineScope } from './fixtures/engine-scope.ts'

const { newFile, connect, open } = engineScope()
const numbers = defineStream({ path: '/numbers', events: { number: type<unknown>() } })

const anything = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 24 }),
  fc.uint8Array({ maxLength: 24 }),
  fc.json({ maxDepth: 1 }),
  fc.constantFrom('', ' ', 'sse.end', 'a\nb', '\0', '{\n  "a": 1\n}', null),
)
const value = (...valid: string[]) => fc.oneof(fc.constantFrom(...valid), anything)
const row = fc.record({
  at: fc.constantFrom(0, 1_795_761_000_000, -1, Number.MAX_SAFE_INTEGER),
  channel: value('a', 'a', 'b'),
  event: value('number', 'number'),
  data: value('"foreign"'),
  key: fc.oneof(fc.constant(null), anything),
  idempotencyKey: fc.oneof(fc.constant(null), anything),
  // As a program does that turned the table's checks off.
  isUnchecked: fc.boolean(),
})
type Row = typeof row extends fc.Arbitrary<infer Value> ? Value : never
const NO_EVENT: Row = {
  ...{ at: 0, channel: 'a', event: 'number', data: '{', key: null, idempotencyKey: null },
  isUnchecked: true,
}

it('rows of another program never stop the log: everything else is delivered in order, live, after a restart and behind the ring', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(row, { minLength: 1, maxLength: 12 }), async (rows) => {
      const file = newFile()
      // A row is as old as it says: none is removed for its age.
      const retention = { maxAgeMs: Number.POSITIVE_INFINITY }
      const openHub = (ring = {}) => {
        const hub = createHub(numbers, { engine: open(file), ring, retention, onError: () => {} })
        onTestFinished(() => hub.close())
        return hub
      }
      const openWriter = async () => {
        const db = connect(file, 'PRAGMA busy_timeout = 5000')
        // Bytes that are no UTF-8 are stored as text all the same.
        const insert = db.prepare(
          `INSERT INTO sse_entries (at, channel, event, data, key, idempotency_key)
           VALUES (?, CAST(? AS TEXT), CAST(? AS TEXT), CAST(? AS TEXT), CAST(? AS TEXT), CAST(? AS TEXT))`,
        )
        return async ({ at, channel, event, data, key, idempotencyKey, isUnchecked }: Row) => {
          db.exec(`PRAGMA ignore_check_constraints = ${isUnchecked ? 'ON' : 'OFF'}`)
          try {
            insert.run(at, channel, event, data, key, idempotencyKey)
          } catch {
            // Refused by the table.
          }
        }
      }
      await readAmongForeign({ openHub, openWriter, entries: rows, noEvent: NO_EVENT })
    }),
    { numRuns: 20 },
  )
})
