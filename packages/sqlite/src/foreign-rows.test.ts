import { defineStream, type } from '@sse/contract'
import { createHub } from '@sse/server'
import fc from 'fast-check'
import { expect, it, onTestFinished } from 'vitest'
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
const own = (n: number) => `own ${n}`

it('rows of another program never stop the log: everything else is delivered in order, live, after a restart and behind the ring', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(row, { minLength: 1, maxLength: 12 }), async (rows) => {
      const file = newFile()
      const createNext = (ring = {}) => {
        const hub = createHub(numbers, { engine: open(file), ring, onError: () => {} })
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
      const db = connect(file, 'PRAGMA busy_timeout = 5000')
      // Bytes that are no UTF-8 are stored as text all the same.
      const insert = db.prepare(
        `INSERT INTO sse_entries (at, channel, event, data, key, idempotency_key)
         VALUES (?, CAST(? AS TEXT), CAST(? AS TEXT), CAST(? AS TEXT), CAST(? AS TEXT), CAST(? AS TEXT))`,
      )
      const live = readAll(createNext(), from, rows.length)
      for (const [index, { at, channel, event, data, key, idempotencyKey, isUnchecked }] of rows.entries()) {
        db.exec(`PRAGMA ignore_check_constraints = ${isUnchecked ? 'ON' : 'OFF'}`)
        try {
          insert.run(at, channel, event, data, key, idempotencyKey)
        } catch {
          // Refused by the table.
        }
        await publisher.publish('a', 'number', own(index + 1))
      }
      const seen = await live
      expect(seen.filter((payload) => String(payload).startsWith('own '))).toEqual(
        rows.map((_, n) => own(n + 1)),
      )
      expect(await readAll(createNext(), from, rows.length)).toEqual(seen)
      expect(await readAll(createNext({ maxEvents: 1 }), from, rows.length)).toEqual(seen)
    }),
    { numRuns: 20 },
  )
})
