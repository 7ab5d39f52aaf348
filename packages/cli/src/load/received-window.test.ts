import fc from 'fast-check'
import { expect, it } from 'vitest'
import { GRACE_MS, ReceivedWindow } from './received-window.ts'

function losses(indexes: readonly number[], upTo?: number): { missing: number; repeated: number } {
  const counters = { missing: 0, repeated: 0 }
  const window = new ReceivedWindow(counters)
  for (const [at, index] of indexes.entries()) window.receive(index, at * (GRACE_MS + 1))
  window.finish(upTo)
  return counters
}

const range = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => from + index)

it.each([
  ['everything', range(0, 1_000), { missing: 0, repeated: 0 }],
  ['everything from its first event on', range(700, 1_000), { missing: 0, repeated: 0 }],
  ['all but one', [...range(0, 10), ...range(11, 1_000)], { missing: 1, repeated: 0 }],
  ['one again', [...range(0, 10), 9, ...range(10, 1_000)], { missing: 0, repeated: 1 }],
  ['one again much later', [...range(0, 1_000), 3], { missing: 0, repeated: 1 }],
  [
    'one much later than others',
    [...range(0, 10), ...range(11, 200), 10, ...range(200, 1_000)],
    { missing: 0, repeated: 0 },
  ],
  ['an earlier one after its first', [5, 3, 4, 6], { missing: 0, repeated: 0 }],
  ['none of many', [0, 10_000, 10_001], { missing: 9_999, repeated: 0 }],
  ['nothing', [], { missing: 0, repeated: 0 }],
])('counts what is missing and repeated of a connection that receives %s', (_, indexes, expected) => {
  expect(losses(indexes)).toEqual(expected)
})

it('does not count events as missing that may still be on their way', () => {
  expect(losses([0, 1, 3], 2)).toEqual({ missing: 1, repeated: 0 })
  expect(losses([0, 1, 3], 1)).toEqual({ missing: 0, repeated: 0 })
})

it('does not expect what others received shortly after its first event: it may have been sent before', () => {
  const counters = { missing: 0, repeated: 0 }
  const window = new ReceivedWindow(counters)
  window.receive(10, 0)
  window.receive(12, GRACE_MS)
  window.receive(14, GRACE_MS + 1)
  window.finish()
  expect(counters).toEqual({ missing: 1, repeated: 0 })
})

it('starts again after it has finished', () => {
  const counters = { missing: 0, repeated: 0 }
  const window = new ReceivedWindow(counters)
  window.receive(0, 0)
  window.finish()
  expect(window.top).toBe(-1)
  window.receive(100, 9_000)
  window.receive(101, 18_000)
  window.finish()
  expect(counters).toEqual({ missing: 0, repeated: 0 })
})

it('agrees with a set, whatever is left out and repeated', () => {
  const step = fc.record({ skip: fc.nat(300), repeat: fc.boolean() })
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 100 }), (steps) => {
      let index = 0
      const indexes = steps.flatMap(({ skip, repeat }, at) => {
        index += at === 0 ? skip : skip + 1
        return repeat ? [index, index] : [index]
      })
      const unique = new Set(indexes)
      expect(losses(indexes)).toEqual({
        missing: index - (indexes[0] as number) + 1 - unique.size,
        repeated: indexes.length - unique.size,
      })
    }),
  )
})
