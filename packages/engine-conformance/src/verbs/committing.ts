import { checkSame } from '../broken-promise.ts'
import type { EngineCase } from '../opened-engine.ts'
import { makeEntries } from './entries.ts'

export const committing: readonly EngineCase[] = [
  {
    promise: 'a subscriber that never committed has no commit',
    async show({ engine }) {
      await engine.commit('anna', { epoch: 'e1', position: 1 })
      for (const subscriber of ['bert', 'ann', 'ANNA', '__proto__', 'constructor', 'toString']) {
        checkSame(await engine.committed(subscriber), undefined, this.promise)
      }
    },
  },
  {
    promise: 'stores the last commit of each subscriber',
    async show({ engine }) {
      await engine.commit('anna', { epoch: 'e1', position: 3 })
      await engine.commit('bert', { epoch: 'e1', position: 5 })
      await engine.commit('anna', { epoch: 'e1', position: 4 })
      checkSame(await read(engine, 'anna'), ['e1', 4], this.promise)
      checkSame(await read(engine, 'bert'), ['e1', 5], this.promise)
    },
  },
  {
    promise: 'a commit never moves back within one epoch, in whatever order commits arrive',
    async show({ engine }) {
      await engine.commit('anna', { epoch: 'e1', position: 7 })
      await engine.commit('anna', { epoch: 'e1', position: 3 })
      checkSame(await read(engine, 'anna'), ['e1', 7], this.promise)
      await Promise.all(
        [9, 30, 12, 8, 29].map((position) => engine.commit('anna', { epoch: 'e1', position })),
      )
      checkSame(await read(engine, 'anna'), ['e1', 30], this.promise)
      // Beyond what a 32-bit float or a sort by text can distinguish.
      await engine.commit('anna', { epoch: 'e1', position: 2 ** 40 })
      await engine.commit('anna', { epoch: 'e1', position: 9_999 })
      checkSame(await read(engine, 'anna'), ['e1', 2 ** 40], this.promise)
    },
  },
  {
    promise: 'a commit of another epoch replaces the stored one, even if it is lower',
    async show({ engine }) {
      await engine.commit('anna', { epoch: 'e2', position: 7 })
      await engine.commit('anna', { epoch: 'e1', position: 3 })
      checkSame(await read(engine, 'anna'), ['e1', 3], this.promise)
      await engine.commit('anna', { epoch: 'e2', position: 0 })
      checkSame(await read(engine, 'anna'), ['e2', 0], this.promise)
    },
  },
  {
    promise: 'a trim does not change commits',
    async show({ engine }) {
      const { epoch } = await engine.append(makeEntries(5))
      await engine.commit('anna', { epoch, position: 2 })
      await engine.trim({ maxEvents: 0, maxAgeMs: Number.POSITIVE_INFINITY })
      checkSame(await read(engine, 'anna'), [epoch, 2], this.promise)
    },
  },
]

async function read(
  engine: Parameters<EngineCase['show']>[0]['engine'],
  subscriber: string,
): Promise<unknown> {
  const commit = await engine.committed(subscriber)
  return commit && [commit.epoch, commit.position]
}
