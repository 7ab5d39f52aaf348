import { expect, it } from 'vitest'
import { memory } from '../memory/memory-engine.ts'
import { CheckedEngine } from './checked-engine.ts'
import { CommitReader } from './commit-reader.ts'

it('reads the commits of thirty thousand newcomers in thirty calls, one at a time', async () => {
  const engine = memory()
  await engine.commit('s29999', { epoch: 'e', position: 7 })
  const working = engine.committed.bind(engine)
  let calls = 0
  let pending = 0
  const counted = Object.assign(engine, {
    async committed(subscribers: readonly string[]) {
      calls += 1
      pending += 1
      expect(pending).toBe(1)
      await new Promise((resolve) => setImmediate(resolve))
      pending -= 1
      return working(subscribers)
    },
  })
  const reader = new CommitReader(new CheckedEngine(counted, () => {}))
  const commits = await Promise.all(Array.from({ length: 30_000 }, (_, n) => reader.read(`s${n}`)))
  expect(commits.filter(Boolean)).toEqual([{ epoch: 'e', position: 7 }])
  expect(commits[29_999]).toBeDefined()
  expect(calls).toBe(30)
})

it('an error of the engine reaches those that waited for the call, and the next ones are served', async () => {
  const engine = memory()
  const working = engine.committed.bind(engine)
  let isBroken = true
  const flaky = Object.assign(engine, {
    committed: async (subscribers: readonly string[]) => {
      if (isBroken) throw new Error('away')
      return working(subscribers)
    },
  })
  const reader = new CommitReader(new CheckedEngine(flaky, () => {}))
  const both = await Promise.allSettled([reader.read('a'), reader.read('b')])
  expect(both.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
  isBroken = false
  expect(await reader.read('a')).toBeUndefined()
})
