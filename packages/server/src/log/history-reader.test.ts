import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { turn } from '../fixtures/server-scope.ts'
import { memory } from '../memory/memory-engine.ts'
import type { Batch } from './batch.ts'
import { CheckedEngine } from './checked-engine.ts'
import type { Engine, ReadOptions } from './engine.ts'
import { Fanout } from './fanout.ts'
import { FrameEncoder } from './frame-encoder.ts'
import { HistoryReader } from './history-reader.ts'
import { LogTail } from './log-tail.ts'
import { Ring } from './ring.ts'

const KILOBYTE = 'x'.repeat(1_000)

interface Read {
  readonly after: number
  readonly options: ReadOptions
  readonly at: number
}

/** History of some entries, none of which is in the ring. `reads` are the engine's; `release` answers them. */
async function historyOf(entries: readonly { channel: string; data: string }[], isHeld = false, readMs = 0) {
  const errors: unknown[] = []
  const onError = (error: unknown) => errors.push(error)
  const engine = memory({ maxBytes: Number.POSITIVE_INFINITY })
  const { epoch } = await engine.append(entries.map((entry) => ({ ...entry, event: 'text' })))
  const working = engine.read.bind(engine)
  const reads: Read[] = []
  const held: (() => void)[] = []
  const recording: Engine = Object.assign(engine, {
    async read(after: number, options: ReadOptions) {
      reads.push({ after, options, at: performance.now() })
      if (readMs > 0) await sleep(readMs)
      if (isHeld) await new Promise<void>((resolve) => held.push(resolve))
      return working(after, options)
    },
  })
  const encoder = new FrameEncoder(() => false, onError)
  const limits = { maxEvents: 0, maxBytes: 0, maxAgeMs: Number.POSITIVE_INFINITY }
  const tail = new LogTail(new Ring(limits), new Fanout(onError), encoder, () => {})
  tail.start(epoch, entries.length)
  const checked = new CheckedEngine(recording, onError)
  const history = new HistoryReader({ engine: checked, tail, encoder, refresh: async () => {}, onError })
  const read = (position: number, channels: readonly string[]) =>
    new Promise<Batch>((received, failed) => history.read(position, channels, { received, failed }))
  const release = () => {
    for (const answer of held.splice(0)) answer()
  }
  /** Stands for a live event: the head moves. */
  const move = () => tail.add([], tail.head + 1)
  return { history, read, reads, errors, release, move }
}

const positions = ({ frames }: Batch) => frames.map(({ position }) => position)
const same = (count: number, data = '1') => Array.from({ length: count }, () => ({ channel: 'a', data }))

describe('history', () => {
  it('is read once for all readers at the same position, which share one batch and its bytes', async () => {
    const { read, reads } = await historyOf(same(10))
    const batches = await Promise.all(Array.from({ length: 40 }, () => read(4, ['a'])))
    expect(reads).toHaveLength(1)
    expect(new Set(batches).size).toBe(1)
    expect(positions(batches[0] as Batch)).toEqual([5, 6, 7, 8, 9, 10])
    expect(batches[0]?.joined).toBe(batches[39]?.joined)
  })

  it('is cut by bytes, and says how far a batch reaches', async () => {
    const { read, reads } = await historyOf(same(2_000, KILOBYTE))
    const seen: number[] = []
    for (let position = 0; position < 2_000; ) {
      const batch = await read(position, ['a'])
      expect(batch.joined.bytes.byteLength).toBeLessThan(300_000)
      expect(batch.position).toBe(positions(batch).at(-1))
      seen.push(...positions(batch))
      position = batch.position
    }
    expect(seen).toEqual(Array.from({ length: 2_000 }, (_, n) => n + 1))
    for (const { options } of reads) expect(options).toMatchObject({ isHistory: true, maxBytes: 262_144 })
  })

  it('is read by at most two reads at a time, and a reader that leaves while it waits costs none', async () => {
    const { history, reads, release } = await historyOf(same(10), true)
    const received: number[] = []
    const cancels = Array.from({ length: 6 }, (_, n) =>
      history.read(n, ['a'], { received: () => received.push(n), failed: () => received.push(-1) }),
    )
    await turn()
    await turn()
    expect(reads.map(({ after }) => after)).toEqual([0, 1])
    for (const cancel of cancels.slice(1, 5)) cancel() // one of them is being read
    while (received.length < 2) {
      release()
      await turn()
    }
    expect(reads.map(({ after }) => after)).toEqual([0, 1, 5])
    expect(received).toEqual([0, 5])
  })

  it('pauses for twice as long as a read took while live events are flowing', async () => {
    const readMs = 10
    const { read, reads, move } = await historyOf(same(10), false, readMs)
    for (let position = 0; position < 6; position += 1) {
      await read(position, ['a'])
      move()
    }
    const distances = reads.slice(1).map(({ at }, n) => at - (reads[n] as Read).at)
    // The first two reads do not know yet that events are flowing. Timers may fire 1 ms early.
    for (const distance of distances.slice(2)) expect(distance).toBeGreaterThanOrEqual(3 * readMs - 2)
  })

  it('of a storm is read in sweeps of the whole log, and each reader gets its channels, complete and in order', async () => {
    const count = 3_000
    const entries = Array.from({ length: count }, (_, n) => ({ channel: `c${n % 50}`, data: String(n) }))
    const { read, reads } = await historyOf(entries)
    const follow = async (channels: string[]) => {
      const seen: number[] = []
      for (let position = 0; position < count; ) {
        const batch = await read(position, channels)
        seen.push(...positions(batch))
        position = batch.position
      }
      return seen
    }
    const all = await Promise.all(Array.from({ length: 50 }, (_, n) => follow([`c${n}`, `c${(n + 1) % 50}`])))
    for (const [n, seen] of all.entries()) {
      const wanted = entries.flatMap(({ channel }, at) =>
        channel === `c${n}` || channel === `c${(n + 1) % 50}` ? [at + 1] : [],
      )
      expect(seen).toEqual(wanted)
    }
    expect(reads.length).toBeLessThan(10)
  })

  it('is given to forty thousand readers in many turns of the event loop', async () => {
    const { history } = await historyOf(same(10))
    let served = 0
    let turns = 0
    const receiver = () => ({
      received() {
        const until = performance.now() + 0.005 // a write to a socket
        while (performance.now() < until) {}
        served += 1
      },
      failed() {},
    })
    for (let n = 0; n < 40_000; n += 1) history.read(0, ['a'], receiver())
    while (served < 40_000) {
      await turn()
      turns += 1
    }
    expect(turns).toBeGreaterThan(10)
  })

  it('of large events is given to few readers in several turns of the event loop', async () => {
    const { history } = await historyOf(same(3, JSON.stringify('x'.repeat(100_000))))
    let served = 0
    let turns = 0
    const receiver = () => ({
      received() {
        const until = performance.now() + 2 // copies of 300 KB
        while (performance.now() < until) {}
        served += 1
      },
      failed() {},
    })
    for (let n = 0; n < 30; n += 1) history.read(0, ['a'], receiver())
    while (served < 30) {
      const before = served
      await turn()
      if (served > before) turns += 1
    }
    expect(turns).toBeGreaterThan(3)
  })

  it('that the engine cannot read is reported once, and every reader is told', async () => {
    const { read, errors, reads } = await historyOf(same(3))
    const error = new Error('away')
    Object.defineProperty(reads, 'push', {
      value() {
        throw error
      },
    })
    const results = await Promise.allSettled(Array.from({ length: 30 }, () => read(0, ['a'])))
    expect(new Set(results.map(({ status }) => status))).toEqual(new Set(['rejected']))
    expect(errors).toEqual([expect.objectContaining({ code: 'engine_failed', cause: error })])
  })
})
