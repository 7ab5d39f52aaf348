import type { Engine } from '@sse/server/engine-kit'
import { check, checkSame } from '../broken-promise.ts'
import type { EngineCase } from '../opened-engine.ts'
import { commitOf, KEEP_ALL, makeEntries, range, readPages, readState, wait } from './entries.ts'

/** A hint that takes longer than this counts as missing. */
const WAKE_MS = 5_000
const POLL_MS = 5

export const waking: readonly EngineCase[] = [
  {
    promise: 'onWake returns an idempotent function that stops the calls',
    async show({ engine }) {
      let calls = 0
      const stop = engine.onWake(() => {
        calls += 1
      })
      stop()
      stop()
      const before = calls
      await engine.append(makeEntries(3))
      await wait(50)
      check(calls === before, this.promise, 'it was called afterwards')
    },
  },
  {
    promise: 'an append by another engine on the log wakes this one',
    needs: 'another',
    async show({ engine, another }) {
      const other = await (another as () => Promise<Engine>)()
      let stoppedCalls = 0
      const stop = engine.onWake(() => {
        stoppedCalls += 1
      })
      for (let round = 1; round <= 3; round += 1) {
        await settle()
        let isWoken = false
        const stopRound = engine.onWake(() => {
          isWoken = true
        })
        await other.append(makeEntries(1, {}, round))
        await until(() => isWoken, this.promise)
        stopRound()
      }
      stop()
      const before = stoppedCalls
      await other.append(makeEntries(1))
      await wait(100)
      checkSame(stoppedCalls, before, 'a stopped callback is not called')
    },
  },
  {
    promise: 'an engine whose last callback was stopped wakes a callback that is added later',
    needs: 'another',
    async show({ engine, another }) {
      const other = await (another as () => Promise<Engine>)()
      for (let round = 1; round <= 3; round += 1) {
        let isWoken = false
        const stop = engine.onWake(() => {
          isWoken = true
        })
        await engine.append(makeEntries(1))
        await settle()
        isWoken = false
        await other.append(makeEntries(1, {}, round))
        await until(() => isWoken, this.promise)
        stop()
        await settle()
      }
    },
  },
  {
    promise: 'an engine without callbacks sends nothing to its store by itself',
    needs: 'traffic',
    async show({ engine, traffic }) {
      const count = traffic as () => number | Promise<number>
      const { epoch } = await engine.append(makeEntries(3))
      await engine.commit('anna', { epoch, position: 1 })
      await readState(engine)
      await silence(count, `${this.promise}, before the first callback`)
      const stop = engine.onWake(() => {})
      await engine.append(makeEntries(1, {}, 4))
      await settle()
      stop()
      await silence(count, `${this.promise}, after the last one was stopped`)
    },
  },
  {
    promise: 'engines on one log see the same entries, without holes, and assign no position twice',
    needs: 'another',
    async show({ engine, another }) {
      const engines = [engine, await (another as () => Promise<Engine>)()]
      const given = await Promise.all(
        engines.map(async (own, index) => {
          const all: number[] = []
          for (let round = 0; round < 25; round += 1) {
            const { positions } = await own.append(makeEntries(1 + (round % 3), { channel: `c${index}` }))
            all.push(...positions)
          }
          return all
        }),
      )
      for (const all of given)
        checkSame(
          all,
          all.toSorted((a, b) => a - b),
          'positions grow',
        )
      const count = given.flat().length
      checkSame(
        given.flat().toSorted((a, b) => a - b),
        range(1, count),
        this.promise,
      )
      for (const own of engines) {
        await until(
          async () => (await readState(own)).head === count,
          'an acknowledged entry is visible to every engine',
        )
        const entries = await readPages(own, 0, { limit: 10 })
        checkSame(
          entries.map(({ position }) => position),
          range(1, count),
          this.promise,
        )
        for (const [index, positions] of given.entries()) {
          const owned = entries.filter(({ channel }) => channel === `c${index}`)
          checkSame(
            owned.map(({ position }) => position),
            positions,
            this.promise,
          )
        }
      }
      checkSame(
        (await readState(engines[0] as Engine)).epoch,
        (await readState(engines[1] as Engine)).epoch,
        'one log, one epoch',
      )
    },
  },
  {
    promise: 'engines on one log share idempotency keys, commits and trims',
    needs: 'another',
    async show({ engine, another }) {
      const other = await (another as () => Promise<Engine>)()
      const first = await engine.append(makeEntries(1, { idempotencyKey: 'a' }))
      const second = await other.append(makeEntries(1, { idempotencyKey: 'a' }, 2))
      checkSame(second.positions, first.positions, this.promise)
      await other.commit('anna', { epoch: first.epoch, position: 1 })
      checkSame(await commitOf(engine, 'anna'), [first.epoch, 1], this.promise)
      await engine.forget('anna')
      checkSame(await commitOf(other, 'anna'), undefined, this.promise)
      await engine.append(makeEntries(9, {}, 2))
      await other.trim({ ...KEEP_ALL, maxEvents: 4 })
      const { oldest, head } = await readState(engine)
      checkSame([oldest, head], [7, 10], this.promise)
    },
  },
]

/** How long an engine may finish what it has begun, such as a blocking call. */
const FINISH_MS = 15_000
/** Longer than the time between two polls of any engine. */
const SILENCE_MS = 2_500

/** Waits until no command is sent for a while. */
async function silence(count: () => number | Promise<number>, promise: string): Promise<void> {
  const deadline = performance.now() + FINISH_MS
  for (;;) {
    const before = await count()
    await wait(SILENCE_MS)
    const sent = (await count()) - before
    if (sent === 0) return
    check(performance.now() < deadline, promise, `${sent} commands within ${SILENCE_MS} ms`)
  }
}

/** Waits for late hints. */
const settle = () => wait(30)

async function until(isMet: () => boolean | Promise<boolean>, promise: string): Promise<void> {
  const deadline = performance.now() + WAKE_MS
  while (!(await isMet())) {
    check(performance.now() < deadline, promise, `not within ${WAKE_MS} ms`)
    await wait(POLL_MS)
  }
}
