import { SseError } from '@sse/contract'
import { describe, expect, it, vi } from 'vitest'
import { memory } from '../memory/memory-engine.ts'
import { AppendQueue } from './append-queue.ts'
import { CheckedEngine } from './checked-engine.ts'
import type { Engine, NewEntry } from './engine.ts'
import { parseId } from './id.ts'

const MEGABYTE = `"${'x'.repeat(1_000_000)}"`

const entryOf = (data: string): NewEntry => ({ channel: 'a', event: 'text', data })

/** A queue on an engine that records the size of each append in characters, and may refuse it first. */
function queueOn(refuse: (entries: readonly NewEntry[]) => SseError | undefined = () => undefined) {
  const engine = memory({ maxBytes: Number.POSITIVE_INFINITY })
  const working = engine.append.bind(engine)
  const appends: number[][] = []
  const recording: Engine = Object.assign(engine, {
    async append(entries: readonly NewEntry[]) {
      appends.push(entries.map(({ data }) => data.length))
      const error = refuse(entries)
      if (error) throw error
      return working(entries)
    },
  })
  const onSettled = vi.fn()
  return { queue: new AppendQueue(new CheckedEngine(recording, vi.fn()), onSettled), appends, onSettled }
}

describe('the append queue', () => {
  it('splits what is published in one turn by bytes, so that a small event never fails with large ones', async () => {
    const { queue, appends } = queueOn((entries) => {
      const bytes = entries.reduce((sum, { data }) => sum + data.length, 0)
      return bytes > 5_000_000 ? new SseError('engine_failed', 'too much at once') : undefined
    })
    const publishes = [
      ...Array.from({ length: 140 }, () => queue.add(entryOf(MEGABYTE))),
      queue.add(entryOf('1')),
    ]
    const ids = await Promise.all(publishes)
    expect(new Set(ids).size).toBe(141)
    expect(Math.max(...appends.map((sizes) => sizes.length))).toBeLessThanOrEqual(5)
  })

  it('counts bytes of UTF-8, not characters', async () => {
    const { queue, appends } = queueOn()
    const euros = `"${'€'.repeat(500_000)}"` // 1.5 MB
    await Promise.all(Array.from({ length: 8 }, () => queue.add(entryOf(euros))))
    expect(appends.map((sizes) => sizes.length)).toEqual([2, 2, 2, 2])
  })

  it('appends a thousand small events at once', async () => {
    const { queue, appends } = queueOn()
    await Promise.all(Array.from({ length: 1_001 }, () => queue.add(entryOf('x'.repeat(1_000)))))
    expect(appends.map((sizes) => sizes.length)).toEqual([1_000, 1])
  })

  it('halves a batch that the store finds too large, until only the event that does not fit is rejected', async () => {
    const { queue } = queueOn((entries) =>
      entries.some(({ data }) => data === 'large')
        ? new SseError('payload_too_large', 'the store takes no large ones')
        : undefined,
    )
    const results = await Promise.allSettled(
      ['1', '2', 'large', '3', '4', '5', '6'].map((data) => queue.add(entryOf(data))),
    )
    expect(results.map(({ status }) => status)).toEqual([
      'fulfilled',
      'fulfilled',
      'rejected',
      'fulfilled',
      'fulfilled',
      'fulfilled',
      'fulfilled',
    ])
    const positions = results.flatMap((result) =>
      result.status === 'fulfilled' ? [result.value.split('-')[1]] : [],
    )
    expect(positions).toEqual(['1', '2', '3', '4', '5', '6']) // in the order of the calls
  })

  it('never repeats an append after an error that does not say that nothing was stored', async () => {
    const { queue, appends, onSettled } = queueOn(() => new SseError('engine_unavailable', 'connection lost'))
    const results = await Promise.allSettled(['1', '2'].map((data) => queue.add(entryOf(data))))
    expect(results).toEqual([
      { status: 'rejected', reason: expect.objectContaining({ code: 'engine_unavailable' }) },
      { status: 'rejected', reason: expect.objectContaining({ code: 'engine_unavailable' }) },
    ])
    expect(appends).toHaveLength(1)
    expect(onSettled).toHaveBeenCalledExactlyOnceWith(expect.anything(), undefined)
  })

  it('rejects with overloaded when half a gigabyte waits for the engine', async () => {
    const { queue } = queueOn()
    const large = entryOf('x'.repeat(100_000_000))
    const results = await Promise.allSettled(Array.from({ length: 7 }, () => queue.add(large)))
    expect(results.map(({ status }) => status)).toEqual([...Array(6).fill('fulfilled'), 'rejected'])
    expect(results[6]).toMatchObject({ reason: { code: 'overloaded' } })
  })

  it('stores entries together in one append, whatever waits beside them', async () => {
    const { queue, appends } = queueOn()
    const single = (count: number) => Array.from({ length: count }, () => queue.add(entryOf('1')))
    const together = (count: number) => queue.addTogether(Array.from({ length: count }, () => entryOf('22')))
    const before = single(900)
    const [first, second] = [together(300), together(1_000)]
    const after = single(10)
    await Promise.all([...before, ...after])
    expect(appends.map((sizes) => sizes.length)).toEqual([900, 300, 1_000, 10])
    const ids = [...(await first), ...(await second)]
    expect(new Set(ids).size).toBe(1_300)
    expect(ids.map((id) => parseId(id)?.position)).toEqual(Array.from({ length: 1_300 }, (_, n) => n + 901))
  })

  it('never halves entries that are stored together: all of them are rejected', async () => {
    const { queue, appends } = queueOn((entries) =>
      entries.some(({ data }) => data === 'large')
        ? new SseError('payload_too_large', 'the store takes no large ones')
        : undefined,
    )
    const one = queue.add(entryOf('1'))
    const refused = queue.addTogether(['1', '2', 'large', '4', '5'].map(entryOf))
    const taken = queue.addTogether(['6', '7'].map(entryOf))
    const last = queue.add(entryOf('8'))
    await expect(refused).rejects.toMatchObject({ code: 'payload_too_large' })
    const ids = [await one, ...(await taken), await last]
    expect(ids.map((id) => parseId(id)?.position)).toEqual([1, 2, 3, 4])
    expect(appends.filter((sizes) => sizes.includes(5)).every((sizes) => sizes.length >= 5)).toBe(true)
  })

  it('rejects entries that do not fit into one append before anything is stored', async () => {
    const { queue, appends } = queueOn()
    const refused = [
      Array.from({ length: 1_001 }, () => entryOf('1')),
      Array.from({ length: 5 }, () => entryOf(MEGABYTE)),
    ]
    for (const entries of refused) {
      await expect(queue.addTogether(entries)).rejects.toMatchObject({ code: 'payload_too_large' })
    }
    expect(appends).toEqual([])
  })
})
