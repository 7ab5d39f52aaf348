import { describe, expect, it, vi } from 'vitest'
import { memory } from '../memory/memory-engine.ts'
import { CheckedEngine } from './checked-engine.ts'
import type { Engine } from './engine.ts'

const entry = (position: unknown) => ({ position, at: 1, channel: 'a', event: 'n', data: '1' })
const page = (own: object) => ({ epoch: 'e', head: 3, oldest: 1, reached: 3, entries: [], ...own })
const checked = (own: object) =>
  new CheckedEngine(Object.assign(memory(), own) as unknown as Engine, () => {})
const reading = (own: object) => checked({ read: async () => page(own) }).read(0, { limit: 9, maxBytes: 9 })

describe('an engine whose page', () => {
  it.each([
    ['is missing', { read: async () => undefined }],
    ['has entries that are no array', { read: async () => page({ entries: { length: 1 } }) }],
    ['has no epoch', { read: async () => page({ epoch: '' }) }],
    ['has a head that is no number', { read: async () => page({ head: '3' }) }],
    ['has an oldest position that is NaN', { read: async () => page({ oldest: Number.NaN }) }],
    ['does not say how far it reaches', { read: async () => page({ reached: undefined }) }],
    ['reaches less far than it was asked from', { read: async () => page({ reached: -1 }) }],
    [
      'cannot be read without an error',
      {
        read() {
          throw new Error('no')
        },
      },
    ],
  ])('%s has failed', async (_what, own) => {
    const answer = checked(own).read(0, { limit: 9, maxBytes: 9 })
    await expect(answer).rejects.toMatchObject({ name: 'SseError', code: 'engine_failed' })
  })

  it('is out of order, or repeats itself, is put in order', async () => {
    const entries = [entry(3), entry(1), entry(2), entry(1)]
    const { entries: ordered } = await reading({ entries })
    expect(ordered.map(({ position }) => position)).toEqual([1, 2, 3])
  })

  it('contains entries without a valid position, or beyond where it reaches, is taken without those', async () => {
    const entries = [null, entry(1), entry(Number.NaN), entry('2'), entry(0), entry(1.5), entry(3), entry(9)]
    const { entries: taken } = await reading({ entries })
    expect(taken.map(({ position }) => position)).toEqual([1, 3])
  })
})

describe('an engine that answers an append', () => {
  it.each([
    ['with too few positions', { epoch: 'e', positions: [] }],
    ['with positions that are no numbers', { epoch: 'e', positions: ['1'] }],
    ['with the position 0', { epoch: 'e', positions: [0] }],
    ['without an epoch', { positions: [1] }],
    ['with nothing', undefined],
  ])('%s has failed', async (_what, answer) => {
    const engine = checked({ append: async () => answer })
    const appending = engine.append([{ channel: 'a', event: 'n', data: '1' }])
    await expect(appending).rejects.toMatchObject({ code: 'engine_failed' })
  })
})

it.each([
  ['nothing', undefined],
  ['a commit without a position', new Map([['s', { epoch: 'e' }]])],
])('an engine that answers a question for commits with %s has failed', async (_what, answer) => {
  const engine = checked({ committed: async () => answer })
  await expect(engine.committed(['s'])).rejects.toMatchObject({ code: 'engine_failed' })
})

it('an engine that does not answer has failed after half a minute', async () => {
  vi.useFakeTimers()
  try {
    const engine = checked({ read: () => new Promise(() => {}) })
    const answer = expect(engine.readState()).rejects.toMatchObject({ code: 'engine_unavailable' })
    await vi.advanceTimersByTimeAsync(30_000)
    await answer
  } finally {
    vi.useRealTimers()
  }
})

it('an engine that cannot be listened to is reported, and polled all the same', () => {
  const errors: unknown[] = []
  const engine = Object.assign(memory(), {
    onWake() {
      throw new Error('no wake-ups')
    },
  })
  const stop = new CheckedEngine(engine, (error) => errors.push(error)).onWake(() => {})
  stop()
  expect(errors).toEqual([expect.objectContaining({ code: 'engine_failed' })])
})
