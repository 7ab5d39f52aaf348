import { describe, expect, it } from 'vitest'
import type { Stretch } from './reader.ts'
import { Truth } from './truth.ts'
import { verify } from './verify.ts'

/** Publications 1 to 6, to `a` and `b` by turns, stored at these positions of the log `e`. */
function truth(): Truth {
  const known = new Truth()
  for (let position = 1; position <= 6; position += 1) {
    const serial = known.intend(position % 2 ? 'a' : 'b', 'p')
    known.acknowledge(serial, `e-${position}`)
  }
  return known
}
const from = (start: number, positions: number[], more: Partial<Stretch> = {}): Stretch => ({
  epoch: 'e',
  position: start,
  gap: undefined,
  positions,
  serials: positions,
  ...more,
})
const judge = (stretches: Stretch[], { mayTrim = false, epoch = 'e' } = {}) =>
  verify(truth(), { name: 'r', channels: ['a'], stretches, problems: [] }, { epoch }, mayTrim)

describe('what a reader was told', () => {
  it('is right when all of its channels came in order, from where it began', () => {
    expect(judge([from(0, [1, 3, 5])])).toEqual({ lost: 0, repeated: 0, problems: [] })
    expect(judge([from(2, [3, 5])]).problems).toEqual([])
    expect(judge([from(6, [])]).problems).toEqual([])
  })

  it.each([
    ['misses one in between', [1, 5]],
    ['misses the first', [3, 5]],
    ['misses the last', [1, 3]],
  ])('is wrong when it %s', (_what, positions) => {
    expect(judge([from(0, positions)])).toMatchObject({ lost: 1, repeated: 0 })
  })

  it.each([
    ['comes twice', [1, 3, 3, 5]],
    ['comes late', [1, 5, 3]],
  ])('is wrong when one %s', (_what, positions) => {
    expect(judge([from(0, positions)])).toMatchObject({ lost: 0, repeated: 1 })
  })

  it('is wrong when it is of another channel, or has another content', () => {
    expect(judge([from(0, [1, 2, 3, 5])]).problems).toEqual(['r: got an event of b'])
    const mixed = truth()
    const stretches = [from(0, [1, 3, 5], { serials: [1, 5, 5] })]
    verify(mixed, { name: 'r', channels: ['a'], stretches, problems: [] }, { epoch: 'e' }, false)
    expect(mixed.problems).toEqual(['e-3 is both 3 and 5'])
  })

  it('may miss what a gap was said for, and nothing else', () => {
    const gap = from(4, [5], { gap: 'trimmed' })
    expect(judge([from(0, [1]), gap], { mayTrim: true }).problems).toEqual([])
    expect(judge([from(0, [1]), gap]).problems).toEqual(['r: a gap for nothing: trimmed at e-4'])
    const lost = from(0, [], { epoch: 'f', gap: 'epoch' })
    expect(judge([from(0, [1]), lost], { epoch: 'f' }).problems).toEqual([])
    expect(judge([from(0, [1, 5]), lost], { epoch: 'f' })).toMatchObject({ lost: 1 })
    expect(judge([from(0, [1]), from(4, [5], { gap: 'epoch' })]).problems).toHaveLength(1)
  })

  it('is wrong when it was left in a log that is gone', () => {
    expect(judge([from(0, [1, 3, 5])], { epoch: 'f' }).problems).toEqual(['r: was left in e'])
  })
})
