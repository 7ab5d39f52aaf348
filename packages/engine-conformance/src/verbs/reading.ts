import type { Engine } from '@sse/server/engine-kit'
import { check, checkSame } from '../broken-promise.ts'
import type { EngineCase } from '../opened-engine.ts'
import { makeEntries, makeEntry, payloads, positions, range, readPages } from './entries.ts'

/** Entries whose payload is their position: leads, chat, leads, chat … and a quiet one at every tenth. */
const CHANNELS = ['leads', 'chat'] as const
const mixed = (count: number) =>
  range(1, count).map((position) =>
    makeEntry(position, { channel: position % 10 === 0 ? 'quiet' : (CHANNELS[position % 2] as string) }),
  )

export const reading: readonly EngineCase[] = [
  {
    promise: 'read returns the entries after a position, up to `limit`, and the state with every page',
    async show({ engine }) {
      await engine.append(mixed(30))
      for (const [after, limit] of [
        [0, 5],
        [5, 25],
        [5, 24],
        [29, 5],
        [30, 5],
        [12, 1],
      ] as const) {
        const page = await engine.read(after, limit)
        checkSame(positions(page), range(after + 1, Math.min(30, after + limit)), `read(${after}, ${limit})`)
        checkSame([page.head, page.oldest], [30, 1], `${this.promise}: read(${after}, ${limit})`)
      }
    },
  },
  {
    promise: '`limit` 0 reads the state alone, from any position',
    async show({ engine }) {
      await engine.append(mixed(5))
      for (const after of [0, 3, 5, 1_000, Number.MAX_SAFE_INTEGER]) {
        const { head, oldest, entries } = await engine.read(after, 0)
        checkSame({ head, oldest, entries }, { head: 5, oldest: 1, entries: [] }, this.promise)
      }
      const { head, entries } = await engine.read(0, 0, ['leads'])
      checkSame({ head, entries }, { head: 5, entries: [] }, this.promise)
    },
  },
  {
    promise: 'a read from beyond the head returns no entries, and the head',
    async show({ engine }) {
      await engine.append(mixed(5))
      for (const channels of [undefined, ['leads', 'chat']]) {
        const { head, entries } = await engine.read(1_000_000, 10, channels)
        checkSame({ head, entries }, { head: 5, entries: [] }, this.promise)
      }
    },
  },
  {
    promise: 'a read by channels returns only their entries, merged in order, once each',
    async show({ engine }) {
      await engine.append(mixed(40))
      const expect = (after: number, limit: number, ...channels: string[]) =>
        range(after + 1, 40)
          .filter((position) => channels.includes(mixed(40)[position - 1]?.channel as string))
          .slice(0, limit)
      for (const channels of [['leads'], ['quiet', 'leads'], ['chat', 'leads', 'quiet'], ['leads', 'none']]) {
        for (const [after, limit] of [
          [0, 100],
          [0, 7],
          [11, 7],
          [35, 100],
        ] as const) {
          const page = await engine.read(after, limit, channels)
          checkSame(payloads(page), expect(after, limit, ...channels), `${this.promise}: ${channels}`)
          check(page.head === 40, this.promise, `head is ${page.head}`)
        }
      }
      checkSame(payloads(await engine.read(0, 100, ['quiet', 'quiet'])), [10, 20, 30, 40], this.promise)
      checkSame(payloads(await engine.read(0, 100, ['none'])), [], this.promise)
      checkSame(payloads(await engine.read(0, 100, [])), [], 'a read of no channels returns no entries')
    },
  },
  {
    promise: 'fewer than `limit` entries means that there are no more: pages of any size contain every entry',
    async show({ engine }) {
      await engine.append(mixed(60))
      for (const limit of [1, 2, 3, 6, 7, 59, 60, 61]) {
        checkSame(
          (await readPages(engine, 0, limit)).map(({ position }) => position),
          range(1, 60),
          this.promise,
        )
        const quiet = await readPages(engine, 0, limit, ['quiet'])
        checkSame(
          quiet.map(({ position }) => position),
          [10, 20, 30, 40, 50, 60],
          this.promise,
        )
      }
    },
  },
  {
    promise: 'more than 10,000 stored entries are read page by page, to the last one',
    async show({ engine }) {
      const entries = mixed(12_000)
      for (let from = 0; from < entries.length; from += 1_000) {
        await engine.append(entries.slice(from, from + 1_000))
      }
      const all = await readPages(engine, 1, 1_000)
      checkSame([all.length, all[0]?.position, all.at(-1)?.data], [11_999, 2, '12000'], this.promise)
      check(
        all.every(({ position, data }) => String(position) === data),
        this.promise,
        'out of order',
      )
      const leads = await readPages(engine, 0, 256, ['leads', 'quiet'])
      checkSame(
        leads.map(({ data }) => data),
        entries.filter(({ channel }) => channel !== 'chat').map(({ data }) => data),
        this.promise,
      )
    },
  },
  {
    promise: 'the cost of reading a quiet channel depends on its own entries, not on other channels',
    async show({ engine }) {
      await engine.append([...makeEntries(10, { channel: 'quiet' }), ...makeEntries(90)])
      const small = await fastestRead(engine)
      for (let batch = 0; batch < 30; batch += 1) await engine.append(makeEntries(1_000))
      const large = await fastestRead(engine)
      // A scan of 30,000 entries costs two orders of magnitude more; the bound leaves room for a busy machine.
      check(
        large < 0.1 || large < small * 10,
        this.promise,
        `${small} ms in a small log, ${large} ms in a large one`,
      )
    },
  },
]

/** Returns the fastest of many reads in milliseconds: the one that nothing else has slowed down. */
async function fastestRead(engine: Engine): Promise<number> {
  let fastest = Number.POSITIVE_INFINITY
  for (let round = 0; round < 30; round += 1) {
    const start = performance.now()
    await engine.read(0, 100, ['quiet'])
    fastest = Math.min(fastest, performance.now() - start)
  }
  return fastest
}
