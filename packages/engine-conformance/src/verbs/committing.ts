import { check, checkSame } from '../broken-promise.ts'
import type { EngineCase } from '../opened-engine.ts'
import { commitOf, KEEP_ALL, makeEntries } from './entries.ts'

export const committing: readonly EngineCase[] = [
  {
    promise: 'a subscriber that never committed has no commit',
    async show({ engine }) {
      await engine.commit('anna', { epoch: 'e1', position: 1 })
      for (const subscriber of ['bert', 'ann', 'ANNA', '__proto__', 'constructor', 'toString']) {
        checkSame(await commitOf(engine, subscriber), undefined, this.promise)
      }
    },
  },
  {
    promise: 'stores the last commit of each subscriber',
    async show({ engine }) {
      await engine.commit('anna', { epoch: 'e1', position: 3 })
      await engine.commit('bert', { epoch: 'e1', position: 5 })
      await engine.commit('anna', { epoch: 'e1', position: 4 })
      checkSame(await commitOf(engine, 'anna'), ['e1', 4], this.promise)
      checkSame(await commitOf(engine, 'bert'), ['e1', 5], this.promise)
    },
  },
  {
    promise: 'a commit never moves back within one epoch, in whatever order commits arrive',
    async show({ engine }) {
      await engine.commit('anna', { epoch: 'e1', position: 7 })
      await engine.commit('anna', { epoch: 'e1', position: 3 })
      checkSame(await commitOf(engine, 'anna'), ['e1', 7], this.promise)
      await Promise.all(
        [9, 30, 12, 8, 29].map((position) => engine.commit('anna', { epoch: 'e1', position })),
      )
      checkSame(await commitOf(engine, 'anna'), ['e1', 30], this.promise)
      // Beyond what a 32-bit float or a sort by text can distinguish.
      await engine.commit('anna', { epoch: 'e1', position: 2 ** 40 })
      await engine.commit('anna', { epoch: 'e1', position: 9_999 })
      checkSame(await commitOf(engine, 'anna'), ['e1', 2 ** 40], this.promise)
    },
  },
  {
    promise: 'a commit of another epoch replaces the stored one, even if it is lower',
    async show({ engine }) {
      await engine.commit('anna', { epoch: 'e2', position: 7 })
      await engine.commit('anna', { epoch: 'e1', position: 3 })
      checkSame(await commitOf(engine, 'anna'), ['e1', 3], this.promise)
      await engine.commit('anna', { epoch: 'e2', position: 0 })
      checkSame(await commitOf(engine, 'anna'), ['e2', 0], this.promise)
    },
  },
  {
    promise: 'committed resolves with the commits of many subscribers at once, without those that have none',
    async show({ engine }) {
      const names = Array.from({ length: 2_500 }, (_, index) => `s${index}`)
      const known = names.filter((_, index) => index % 5 === 0)
      await Promise.all(
        known.map((name) => engine.commit(name, { epoch: 'e1', position: Number(name.slice(1)) })),
      )
      const all = await engine.committed(names)
      check(all.size === known.length, this.promise, `${all.size}, not ${known.length}`)
      for (const name of known) {
        checkSame(all.get(name), { epoch: 'e1', position: Number(name.slice(1)) }, this.promise)
      }
      checkSame((await engine.committed([])).size, 0, 'no commits of no subscribers')
      checkSame(
        [...(await engine.committed(['s5', 's5'])).keys()],
        ['s5'],
        'a subscriber named twice is there once',
      )
    },
  },
  {
    promise: 'forget removes the commit of one subscriber, which may start again anywhere',
    async show({ engine }) {
      await engine.commit('anna', { epoch: 'e1', position: 7 })
      await engine.commit('bert', { epoch: 'e1', position: 5 })
      await engine.forget('anna')
      await engine.forget('anna')
      await engine.forget('carl')
      checkSame(await commitOf(engine, 'anna'), undefined, this.promise)
      checkSame(await commitOf(engine, 'bert'), ['e1', 5], this.promise)
      await engine.commit('anna', { epoch: 'e1', position: 3 })
      checkSame(await commitOf(engine, 'anna'), ['e1', 3], this.promise)
    },
  },
  {
    promise: 'a trim does not change commits',
    async show({ engine }) {
      const { epoch } = await engine.append(makeEntries(5))
      await engine.commit('anna', { epoch, position: 2 })
      await engine.trim({ ...KEEP_ALL, maxEvents: 0, maxCommitAgeMs: 60_000 })
      checkSame(await commitOf(engine, 'anna'), [epoch, 2], this.promise)
    },
  },
]
