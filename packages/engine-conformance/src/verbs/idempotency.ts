import { checkSame } from '../broken-promise.ts'
import type { EngineCase } from '../opened-engine.ts'
import { KEEP_ALL, makeEntries, makeEntry, payloads, positions, read } from './entries.ts'

const twice = (data: unknown, idempotencyKey: string, channel = 'leads') =>
  makeEntry(data, { idempotencyKey, channel })

export const idempotency: readonly EngineCase[] = [
  {
    promise: 'a known idempotency key stores nothing and returns the position of the first entry',
    async show({ engine }) {
      await engine.append([makeEntry(1), twice(2, 'a'), makeEntry(3)])
      const again = await engine.append([twice('again', 'a')])
      checkSame(again.positions, [2], this.promise)
      const more = await engine.append([makeEntry(4), twice('again', 'a'), twice(5, 'b'), twice(0, 'b')])
      checkSame(more.positions, [4, 2, 5, 5], this.promise)
      const page = await read(engine, 0, 10)
      checkSame(payloads(page), [1, 2, 3, 4, 5], this.promise)
      checkSame(
        [positions(page), page.head],
        [[1, 2, 3, 4, 5], 5],
        'an entry that is not stored takes no position',
      )
    },
  },
  {
    promise: 'an idempotency key that comes twice in one batch stores the first entry only',
    async show({ engine }) {
      const { positions: given } = await engine.append([twice(1, 'a'), twice('again', 'a'), makeEntry(2)])
      checkSame(given, [1, 1, 2], this.promise)
      checkSame(payloads(await read(engine, 0, 10)), [1, 2], this.promise)
    },
  },
  {
    promise: 'idempotency keys of different channels are independent',
    async show({ engine }) {
      const first = await engine.append([twice(1, 'a'), twice(2, 'a', 'other'), twice('again', 'a')])
      checkSame(first.positions, [1, 2, 1], this.promise)
      const second = await engine.append([twice('again', 'a', 'other'), twice(3, 'a', 'third')])
      checkSame(second.positions, [2, 3], this.promise)
      // Where one text ends and the other starts must not matter.
      const third = await engine.append([twice(4, 'c', 'a:b'), twice(5, 'b:c', 'a'), twice(6, 'bc', 'a:')])
      checkSame(third.positions, [4, 5, 6], this.promise)
      checkSame(payloads(await read(engine, 0, 10)), [1, 2, 3, 4, 5, 6], this.promise)
    },
  },
  {
    promise: 'entries without an idempotency key are never treated as duplicates',
    async show({ engine }) {
      const { positions: given } = await engine.append([
        makeEntry(1),
        makeEntry(1),
        makeEntry(1, { key: 'k' }),
      ])
      checkSame(given, [1, 2, 3], this.promise)
    },
  },
  {
    promise: 'an idempotency key is kept until its entry is trimmed, and free again afterwards',
    keys: 'with events',
    async show({ engine }) {
      await engine.append([twice(1, 'a'), twice(2, 'b')])
      await engine.append(makeEntries(2, {}, 3))
      await engine.trim({ ...KEEP_ALL, maxEvents: 3 })
      const { positions: given } = await engine.append([twice('new', 'a'), twice('again', 'b')])
      checkSame(given, [5, 2], this.promise)
      checkSame(payloads(await read(engine, 0, 10)), [2, 3, 4, 'new'], this.promise)
    },
  },
  {
    promise: 'an idempotency key is kept for its time, even if its entry is trimmed',
    keys: 'for a time',
    async show({ engine }) {
      await engine.append([twice(1, 'a'), twice(2, 'b'), makeEntry(3)])
      await engine.trim({ ...KEEP_ALL, maxEvents: 2 })
      const { positions: given } = await engine.append([
        twice('again', 'a'),
        twice('again', 'b'),
        makeEntry(4),
      ])
      checkSame(given, [1, 2, 4], this.promise)
      checkSame(payloads(await read(engine, 0, 10)), [2, 3, 4], this.promise)
    },
  },
]
