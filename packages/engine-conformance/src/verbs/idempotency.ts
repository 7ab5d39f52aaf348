import { checkSame } from '../broken-promise.ts'
import type { EngineCase } from '../opened-engine.ts'
import { makeEntries, makeEntry, payloads, positions } from './entries.ts'

const twice = (data: unknown, idempotencyKey: string, channel = 'leads') =>
  makeEntry(data, { idempotencyKey, channel })

export const idempotency: readonly EngineCase[] = [
  {
    promise: 'an idempotency key that is held stores nothing, and gives the position of the first',
    async show({ engine }) {
      await engine.append([makeEntry(1), twice(2, 'a'), makeEntry(3)])
      const again = await engine.append([twice('again', 'a')])
      checkSame(again.positions, [2], this.promise)
      const more = await engine.append([makeEntry(4), twice('again', 'a'), twice(5, 'b'), twice(0, 'b')])
      checkSame(more.positions, [4, 2, 5, 5], this.promise)
      const page = await engine.read(0, 10)
      checkSame(payloads(page), [1, 2, 3, 4, 5], this.promise)
      checkSame([positions(page), page.head], [[1, 2, 3, 4, 5], 5], 'what is not stored takes no position')
    },
  },
  {
    promise: 'an idempotency key counts for its channel alone',
    async show({ engine }) {
      const first = await engine.append([twice(1, 'a', 'one'), twice(2, 'a', 'two'), twice(0, 'a', 'one')])
      checkSame(first.positions, [1, 2, 1], this.promise)
      const second = await engine.append([twice(0, 'a', 'two'), twice(3, 'a', 'three'), twice(0, 'a', 'one')])
      checkSame(second.positions, [2, 3, 1], this.promise)
      checkSame(payloads(await engine.read(0, 10)), [1, 2, 3], this.promise)
      // A name may continue where another ends.
      const alike = [twice(4, 'b:c', 'a'), twice(5, 'c', 'a:b'), twice(6, 'c', 'a.b'), twice(7, 'b.c', 'a')]
      checkSame((await engine.append(alike)).positions, [4, 5, 6, 7], this.promise)
    },
  },
  {
    promise: 'an idempotency key that comes twice in one batch is stored once, as it came first',
    async show({ engine }) {
      const { positions: given } = await engine.append([twice(1, 'a'), twice('again', 'a'), makeEntry(2)])
      checkSame(given, [1, 1, 2], this.promise)
      checkSame(payloads(await engine.read(0, 10)), [1, 2], this.promise)
    },
  },
  {
    promise: 'entries without an idempotency key are never taken for one another',
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
    promise: 'an idempotency key is free again when its event is trimmed, and held for as long as it is not',
    keys: 'with events',
    async show({ engine }) {
      await engine.append([twice(1, 'a'), twice(2, 'b')])
      await engine.append(makeEntries(2, {}, 3))
      await engine.trim({ maxEvents: 3, maxAgeMs: Number.POSITIVE_INFINITY })
      const { positions: given } = await engine.append([twice('new', 'a'), twice('again', 'b')])
      checkSame(given, [5, 2], this.promise)
      checkSame(payloads(await engine.read(0, 10)), [2, 3, 4, 'new'], this.promise)
    },
  },
  {
    promise: 'an idempotency key is held for its time, also when its event is trimmed',
    keys: 'for a time',
    async show({ engine }) {
      await engine.append([twice(1, 'a'), twice(2, 'b'), makeEntry(3)])
      await engine.trim({ maxEvents: 2, maxAgeMs: Number.POSITIVE_INFINITY })
      const { positions: given } = await engine.append([
        twice('again', 'a'),
        twice('again', 'b'),
        makeEntry(4),
      ])
      checkSame(given, [1, 2, 4], this.promise)
      checkSame(payloads(await engine.read(0, 10)), [2, 3, 4], this.promise)
    },
  },
]
