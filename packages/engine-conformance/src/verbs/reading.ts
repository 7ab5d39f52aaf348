import type { Engine } from '@sse/server/engine-kit'
import { check, checkSame } from '../broken-promise.ts'
import type { EngineCase } from '../opened-engine.ts'
import { makeEntries, makeEntry, payloads, positions, range, read, readPages, readState } from './entries.ts'

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
        const page = await read(engine, after, limit)
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
        const { head, oldest, entries, reached } = await read(engine, after, 0)
        checkSame({ head, oldest, entries }, { head: 5, oldest: 1, entries: [] }, this.promise)
        check(reached === after, 'a page without entries that are there reaches nothing', `${reached}`)
      }
      const { head, entries, reached } = await read(engine, 0, 0, ['leads'])
      checkSame({ head, entries }, { head: 5, entries: [] }, this.promise)
      check(reached <= 1, 'a page without entries that are there reaches nothing', `${reached}`)
    },
  },
  {
    promise: 'a read from beyond the head returns no entries, and the head',
    async show({ engine }) {
      await engine.append(mixed(5))
      for (const channels of [undefined, ['leads', 'chat']]) {
        const { head, entries, reached } = await read(engine, 1_000_000, 10, channels)
        checkSame({ head, entries }, { head: 5, entries: [] }, this.promise)
        check(reached >= head, 'a page with nothing more to read reaches the head', `${reached}`)
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
          const page = await read(engine, after, limit, channels)
          checkSame(payloads(page), expect(after, limit, ...channels), `${this.promise}: ${channels}`)
          check(page.head === 40, this.promise, `head is ${page.head}`)
        }
      }
      checkSame(payloads(await read(engine, 0, 100, ['quiet', 'quiet'])), [10, 20, 30, 40], this.promise)
      checkSame(payloads(await read(engine, 0, 100, ['none'])), [], this.promise)
      const none = await read(engine, 0, 100, [])
      checkSame([none.entries, none.reached], [[], 40], 'a read of no channels has read them to the head')
    },
  },
  {
    promise: 'pages of any number of entries, each read from where the last one reached, contain every entry',
    async show({ engine }) {
      await engine.append(mixed(60))
      for (const limit of [1, 2, 3, 6, 7, 59, 60, 61]) {
        checkSame(
          (await readPages(engine, 0, { limit })).map(({ position }) => position),
          range(1, 60),
          this.promise,
        )
        const quiet = await readPages(engine, 0, { limit, channels: ['quiet'] })
        checkSame(
          quiet.map(({ position }) => position),
          [10, 20, 30, 40, 50, 60],
          this.promise,
        )
      }
    },
  },
  {
    promise:
      '`reached` is the last entry of a page that is cut, or further, and the head when there is nothing more',
    async show({ engine }) {
      await engine.append(mixed(35))
      for (const channels of [undefined, ['quiet'], ['leads', 'quiet'], ['none']]) {
        const expected = range(1, 35).filter(
          (position) => channels?.includes(mixed(35)[position - 1]?.channel as string) ?? true,
        )
        for (const limit of [1, 3, 34, 35, 100]) {
          for (const after of [0, 9, 10, 19, 30, 34, 35]) {
            const page = await read(engine, after, limit, channels)
            const seen = `read(${after}, ${limit}, ${channels}) reached ${page.reached}`
            const missed = expected.find(
              (position) => position > after && !positions(page).includes(position),
            )
            check(page.reached < (missed ?? 36), 'a page contains every entry up to `reached`', seen)
            check(page.reached >= Math.max(after, positions(page).at(-1) ?? 0), this.promise, seen)
            if (page.entries.length === 0) check(page.reached === 35, this.promise, seen)
          }
        }
      }
    },
  },
  {
    promise: 'a page ends with the entry that reaches `maxBytes`, counted in bytes of UTF-8',
    async show({ engine }) {
      // 1,000 bytes each: in one, two, three and four bytes a character.
      const texts = [
        'x'.repeat(998),
        'é'.repeat(499),
        '家'.repeat(332).padEnd(334, 'x'),
        '🦊'.repeat(249).padEnd(500, 'x'),
      ]
      await engine.append(range(1, 40).map((position) => makeEntry(texts[position % 4])))
      for (const maxBytes of [1, 999, 1_000, 1_001, 4_500, 39_001, 40_000, 1_000_000]) {
        for (const channels of [undefined, ['leads', 'none']]) {
          const all = await readPages(engine, 0, { limit: 100, maxBytes, ...(channels && { channels }) })
          checkSame(positions({ entries: all }), range(1, 40), this.promise)
          const page = await engine.read(0, { limit: 100, maxBytes, ...(channels && { channels }) })
          check(
            page.entries.length >= Math.min(40, Math.floor(maxBytes / 4_000)),
            'a page is not much smaller than `maxBytes` allows',
            `${page.entries.length} entries of 1,000 bytes in ${maxBytes}`,
          )
        }
      }
    },
  },
  {
    promise: 'a page contains at least one entry, however large, and none of the large ones after it',
    async show({ engine }) {
      await readState(engine) // the engine knows the limit of its store after its first call
      const size = Math.min(1_000_000, engine.maxDataBytes ?? 1_000_000)
      const large = JSON.stringify('x'.repeat(size - 2))
      for (let count = 1; count <= 6; count += 1) {
        await engine.append([
          { channel: 'leads', event: 'lead', data: large },
          makeEntry(count, { channel: 'quiet' }),
        ])
      }
      for (const isHistory of [false, true]) {
        const page = await engine.read(0, { limit: 100, maxBytes: 1_000, isHistory })
        checkSame([positions(page), page.reached], [[1], 1], this.promise)
        const next = await engine.read(1, { limit: 100, maxBytes: size, isHistory })
        checkSame(
          [positions(next), next.reached],
          [[2, 3], 3],
          'the entry that reaches the maximum is the last',
        )
        const quiet = await engine.read(0, { limit: 100, maxBytes: 1_000, channels: ['quiet'], isHistory })
        checkSame(
          [payloads(quiet), quiet.reached],
          [range(1, 6), 12],
          'the size of other channels does not count',
        )
        const none = await engine.read(0, { limit: 0, maxBytes: 1_000, isHistory })
        checkSame(none.entries, [], '`limit` 0 reads the state alone')
      }
      const all = await readPages(engine, 0, { limit: 100, maxBytes: 1_500_000 })
      check(all.length === 12, 'pages of any size contain every entry', `${all.length}`)
    },
  },
  {
    promise: 'more than 10,000 stored entries are read page by page, to the last one',
    async show({ engine }) {
      const entries = mixed(12_000)
      for (let from = 0; from < entries.length; from += 1_000) {
        await engine.append(entries.slice(from, from + 1_000))
      }
      const all = await readPages(engine, 1, { limit: 1_000 })
      checkSame([all.length, all[0]?.position, all.at(-1)?.data], [11_999, 2, '12000'], this.promise)
      check(
        all.every(({ position, data }) => String(position) === data),
        this.promise,
        'out of order',
      )
      const leads = await readPages(engine, 0, { limit: 256, channels: ['leads', 'quiet'] })
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
    await read(engine, 0, 100, ['quiet'])
    fastest = Math.min(fastest, performance.now() - start)
  }
  return fastest
}
