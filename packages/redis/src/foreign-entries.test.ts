import { defineStream, type } from '@sse/contract'
import { createHub } from '@sse/server'
import { lead } from '@sse/test-support/entries'
import { readAmongForeign } from '@sse/test-support/read-among-foreign'
import { atMost } from '@sse/test-support/read-options'
import { hasRedis, type RedisServer } from '@sse/test-support/redis-server'
import { until } from '@sse/test-support/until'
import fc from 'fast-check'
import { describe, expect, it, onTestFinished } from 'vitest'
import { engineScope } from './fixtures/engine-scope.ts'
import { ForeignWriter } from './fixtures/foreign-writer.ts'
import { redis } from './index.ts'

const { start, open, later } = engineScope()
const numbers = defineStream({ path: '/numbers', events: { number: type<unknown>() } })

/** What another program adds to the stream of the log: an id, and fields with any bytes. */
interface ForeignEntry {
  readonly id: string
  readonly fields: readonly (readonly [name: Uint8Array | string, value: Uint8Array | string])[]
}

const bytes = fc.uint8Array({ maxLength: 24 })
const json = fc.json({ maxDepth: 1 })
const value = (...valid: string[]) =>
  fc.oneof(
    fc.constantFrom(...valid),
    bytes,
    json,
    fc.constantFrom('', ' ', 'sse.end', 'a\nb', '\0', '-1', '1e999'),
  )
/** An id relative to the head, as a program may choose it; `*` is Redis's own choice. */
const id = fc.constantFrom('next', 'next', '*', 'sub', 'far', '18446744073709551615-18446744073709551615')
const field = fc.oneof(
  fc.tuple(fc.constant('c'), value('a', 'b')),
  fc.tuple(fc.constant('e'), value('number')),
  fc.tuple(fc.constant('d'), value('"foreign"', '')),
  fc.tuple(fc.constant('t'), value('1795761000000')),
  fc.tuple(fc.constant('k'), value('', ':key')),
  fc.tuple(fc.constant('i'), value('', ':key')),
  fc.tuple(bytes, bytes),
)
const whole = fc.tuple(value('a'), value('number'), value('"foreign"')).map(
  ([c, e, d]) =>
    [
      ['c', c],
      ['e', e],
      ['d', d],
      ['t', '1795761000000'],
    ] as ForeignEntry['fields'],
)
const foreignEntry: fc.Arbitrary<ForeignEntry> = fc.record({
  id,
  fields: fc.oneof(whole, fc.array(field, { minLength: 1, maxLength: 8 })),
})
const NO_EVENT: ForeignEntry = {
  id: 'next',
  fields: [
    ['c', 'a'],
    ['d', '1'],
  ],
}

/** Adds entries with ids relative to the head. */
function foreignWriter(server: RedisServer, name: string) {
  const writer = new ForeignWriter(server.url, name)
  onTestFinished(() => writer.close())
  return {
    async add({ id, fields }: ForeignEntry) {
      const head = await writer.head()
      const ids: Record<string, string> = {
        next: `${head + 1}-0`,
        sub: `${head}-7`,
        far: `${head + 1_000}-3`,
      }
      // Redis itself refuses an id below that of an entry that was not adopted yet.
      await writer.add(fields, ids[id] ?? id)
    },
    log: () => writer.log(),
    send: (...words: string[]) => writer.send(...words),
  }
}

describe.skipIf(!hasRedis)(
  'entries of another program in the stream of the log',
  { timeout: 120_000 },
  () => {
    it('never stop the log: everything else is delivered in order, live, after a restart and behind the ring', async () => {
      const server = await start()
      let logs = 0
      await fc.assert(
        fc.asyncProperty(fc.array(foreignEntry, { minLength: 1, maxLength: 12 }), async (entries) => {
          const name = `log-${++logs}`
          const openHub = (ring = {}) =>
            later(createHub(numbers, { engine: redis({ url: server.url, name }), ring, onError: () => {} }))
          const openWriter = async () => foreignWriter(server, name).add
          await readAmongForeign({ openHub, openWriter, entries, noEvent: NO_EVENT })
        }),
        { numRuns: 25 },
      )
    })

    it('with an id of any size get the next positions, without a hole', async () => {
      const server = await start()
      const engine = open(server)
      await engine.append([lead(1)])
      const writer = foreignWriter(server, 'hub')
      const fields = [
        ['c', 'leads'],
        ['e', 'lead'],
        ['d', '"foreign"'],
      ] as const
      for (const id of ['*', '18446744073709551615-18446744073709551615']) await writer.add({ id, fields })
      expect((await engine.append([lead(4)])).positions).toEqual([4])
      for (const channels of [undefined, ['leads']]) {
        const page = await engine.read(0, atMost(10, channels))
        expect(page.entries.map(({ position, data }) => [position, data])).toEqual([
          [1, '1'],
          [2, '"foreign"'],
          [3, '"foreign"'],
          [4, '4'],
        ])
      }
      await engine.trim({ maxEvents: 1, maxAgeMs: Number.POSITIVE_INFINITY, maxCommitAgeMs: 1 })
      expect(await engine.read(0, atMost(10))).toMatchObject({ oldest: 4, head: 4 })
      expect(server.command('KEYS', '*aside*')).toBe('')
      expect((await engine.append([lead(5)])).positions).toEqual([5])
      await engine.trim({ maxEvents: 0, maxAgeMs: Number.POSITIVE_INFINITY, maxCommitAgeMs: 1 })
      expect(await engine.read(0, atMost(10))).toMatchObject({ oldest: 6, head: 5 })
    })

    it('wake a hub that follows the log', async () => {
      const server = await start()
      const engine = open(server)
      await engine.append([lead(1)])
      let wakes = 0
      engine.onWake(() => {
        wakes += 1
      })
      await until(() => wakes > 0, 'it listens')
      const writer = foreignWriter(server, 'hub')
      for (const id of ['next', '*', '*', 'far']) {
        const before = wakes
        await writer.add({
          id,
          fields: [
            ['c', 'leads'],
            ['e', 'lead'],
            ['d', '1'],
          ],
        })
        await until(() => wakes > before, `an entry with the id ${id} wakes it`)
      }
      expect((await engine.append([lead(6)])).positions).toEqual([6])
    })

    it('that were deleted count as trimmed, with everything before them', async () => {
      const server = await start()
      const engine = open(server)
      await engine.append([1, 2, 3, 4, 5, 6].map((n) => lead(n)))
      const writer = foreignWriter(server, 'hub')
      const log = await writer.log()
      await writer.send('XDEL', log, '3-0')
      const page = await engine.read(0, atMost(10))
      expect([page.oldest, page.reached, page.entries.map(({ position }) => position)]).toEqual([
        4,
        6,
        [4, 5, 6],
      ])
      await writer.send('XDEL', log, '6-0')
      expect(await engine.read(5, atMost(10))).toMatchObject({ oldest: 7, reached: 6, head: 6, entries: [] })
      expect((await engine.append([lead(7)])).positions).toEqual([7])
    })

    it('in the index of a channel are never taken for events of that channel', async () => {
      const server = await start()
      const engine = open(server)
      await engine.append([lead(1), lead('of another', { channel: 'other' })])
      const writer = foreignWriter(server, 'hub')
      const log = await writer.log()
      const index = log.replace(/log$/, 'channel:leads')
      await writer.send('XADD', index, '2-0', '', '')
      await writer.send('XADD', index, '900-0', '', '')
      expect((await engine.append([lead(3)])).positions).toEqual([3])
      const page = await engine.read(0, atMost(10, ['leads']))
      expect(page.entries.map(({ data }) => data)).toEqual(['1', '3'])
    })
  },
)
