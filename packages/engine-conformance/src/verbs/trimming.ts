import { check, checkSame } from '../broken-promise.ts'
import type { EngineCase } from '../opened-engine.ts'
import {
  commitOf,
  KEEP_ALL,
  makeEntries,
  makeEntry,
  payloads,
  positions,
  range,
  read,
  readState,
  wait,
} from './entries.ts'

/** Pause between old and young. A trim must not take as long, even on a busy machine. */
const GAP_MS = 1_500
/** Part of the pause that a clock may be wrong by. */
const MARGIN_MS = 300

/** Returns an age that everything stored before the pause exceeds, and nothing stored since `youngAt` reaches soon. */
const ageSince = (youngAt: number) => performance.now() - youngAt + GAP_MS - MARGIN_MS

export const trimming: readonly EngineCase[] = [
  {
    promise: 'trim by count keeps the newest; `head` stays and `oldest` moves',
    async show({ engine }) {
      await engine.append(makeEntries(20))
      await engine.trim({ ...KEEP_ALL, maxEvents: 7 })
      const page = await read(engine, 13, 100)
      checkSame([page.oldest, page.head, positions(page)], [14, 20, range(14, 20)], this.promise)
      await engine.trim({ ...KEEP_ALL, maxEvents: 7 })
      const again = await readState(engine)
      checkSame([again.oldest, again.head], [14, 20], 'a second trim to the same changes nothing')
      checkSame((await engine.append(makeEntries(1, {}, 21))).positions, [21], this.promise)
    },
  },
  {
    promise: 'a read from before `oldest` starts at `oldest`, and returns it',
    async show({ engine }) {
      await engine.append([...makeEntries(10), ...makeEntries(10, { channel: 'chat' }, 11)])
      await engine.trim({ ...KEEP_ALL, maxEvents: 12 })
      for (const after of [0, 3, 7]) {
        const page = await read(engine, after, 5)
        checkSame([page.oldest, positions(page)], [9, range(9, 13)], this.promise)
      }
      checkSame(payloads(await read(engine, 0, 100, ['leads'])), [9, 10], 'a trimmed entry is in no channel')
      checkSame(payloads(await read(engine, 0, 100, ['chat', 'leads'])), range(9, 20), this.promise)
    },
  },
  {
    promise: 'trim by age removes older entries, and no others',
    async show({ engine }) {
      await engine.append(makeEntries(3))
      await wait(GAP_MS)
      const youngAt = performance.now()
      await engine.append(makeEntries(2, {}, 4))
      const { entries } = await read(engine, 0, 10)
      const [old, young] = [entries[2]?.at as number, entries[3]?.at as number]
      check(young > old, '`at` grows with time', `${old}, then ${young}`)
      await engine.trim(KEEP_ALL)
      checkSame((await readState(engine)).oldest, 1, '`Infinity` trims nothing')
      await engine.trim({ ...KEEP_ALL, maxAgeMs: ageSince(youngAt) })
      const page = await read(engine, 0, 10)
      checkSame([page.oldest, page.head, payloads(page)], [4, 5, [4, 5]], this.promise)
    },
  },
  {
    promise: 'trim by count and age removes entries over either limit',
    async show({ engine }) {
      await engine.append(makeEntries(4))
      await wait(GAP_MS)
      const youngAt = performance.now()
      await engine.append(makeEntries(4, {}, 5))
      await engine.trim({ ...KEEP_ALL, maxEvents: 6, maxAgeMs: 60_000 })
      checkSame(payloads(await read(engine, 0, 10)), range(3, 8), this.promise)
      await engine.trim({ ...KEEP_ALL, maxEvents: 5, maxAgeMs: ageSince(youngAt) })
      checkSame(payloads(await read(engine, 0, 10)), range(5, 8), this.promise)
    },
  },
  {
    promise: 'a log trimmed to nothing keeps its head, and assigns no position again',
    async show({ engine }) {
      await engine.append(makeEntries(5))
      await engine.trim({ ...KEEP_ALL, maxEvents: 0 })
      const { epoch, head, oldest, entries } = await read(engine, 0, 10)
      checkSame({ head, oldest, entries }, { head: 5, oldest: 6, entries: [] }, this.promise)
      const next = await engine.append([makeEntry('new')])
      checkSame([next.epoch, next.positions], [epoch, [6]], this.promise)
      const page = await read(engine, 0, 10)
      checkSame([page.oldest, page.head, payloads(page)], [6, 6, ['new']], this.promise)
    },
  },
  {
    promise: 'trimming an empty log, or one within its limits, changes nothing',
    async show({ engine }) {
      await engine.trim({ ...KEEP_ALL, maxEvents: 0, maxAgeMs: 0 })
      await engine.append(makeEntries(3))
      await engine.trim({ ...KEEP_ALL, maxEvents: 3, maxAgeMs: 60_000 })
      await engine.trim(KEEP_ALL)
      const page = await read(engine, 0, 10)
      checkSame([page.oldest, page.head, payloads(page)], [1, 3, [1, 2, 3]], this.promise)
    },
  },
  {
    promise: 'trim removes commits over their age, counted from the last call of commit, and no others',
    async show({ engine }) {
      const { epoch } = await engine.append(makeEntries(9))
      for (const subscriber of ['old', 'renewed', 'advanced']) {
        await engine.commit(subscriber, { epoch, position: 5 })
      }
      await wait(GAP_MS)
      const youngAt = performance.now()
      await engine.commit('renewed', { epoch, position: 4 })
      await engine.commit('advanced', { epoch, position: 6 })
      await engine.commit('young', { epoch, position: 7 })
      await engine.trim(KEEP_ALL)
      checkSame(await commitOf(engine, 'old'), [epoch, 5], '`Infinity` removes no commit')
      await engine.trim({ ...KEEP_ALL, maxCommitAgeMs: ageSince(youngAt) })
      checkSame(await commitOf(engine, 'old'), undefined, this.promise)
      checkSame(await commitOf(engine, 'renewed'), [epoch, 5], this.promise)
      checkSame(await commitOf(engine, 'advanced'), [epoch, 6], this.promise)
      checkSame(await commitOf(engine, 'young'), [epoch, 7], this.promise)
      checkSame(payloads(await read(engine, 0, 100)), range(1, 9), 'the age of commits removes no entry')
      await engine.commit('old', { epoch, position: 2 })
      checkSame(await commitOf(engine, 'old'), [epoch, 2], 'a commit after the expiry starts again')
    },
  },
]
