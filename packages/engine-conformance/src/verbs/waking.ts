import type { Engine } from '@sse/server/engine-kit'
import { check, checkSame } from '../broken-promise.ts'
import type { EngineCase } from '../opened-engine.ts'
import { makeEntries, range, readPages, wait } from './entries.ts'

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
          async () => (await own.read(0, 0)).head === count,
          'an acknowledged entry is visible to every engine',
        )
        const entries = await readPages(own, 0, 10)
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
        (await engines[0]?.read(0, 0))?.epoch,
        (await engines[1]?.read(0, 0))?.epoch,
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
      checkSame((await engine.committed('anna'))?.position, 1, this.promise)
      await engine.append(makeEntries(9, {}, 2))
      await other.trim({ maxEvents: 4, maxAgeMs: Number.POSITIVE_INFINITY })
      const { oldest, head } = await engine.read(0, 0)
      checkSame([oldest, head], [7, 10], this.promise)
    },
  },
]

/** Waits for late hints. */
const settle = () => wait(30)

async function until(isMet: () => boolean | Promise<boolean>, promise: string): Promise<void> {
  const deadline = performance.now() + WAKE_MS
  while (!(await isMet())) {
    check(performance.now() < deadline, promise, `not within ${WAKE_MS} ms`)
    await wait(POLL_MS)
  }
}
