import { describe, expect, it } from 'vitest'
import { Batch } from './batch.ts'
import { Fanout } from './fanout.ts'
import { FrameEncoder } from './frame-encoder.ts'
import { LogCursor, type StartPosition } from './log-cursor.ts'
import { LogTail } from './log-tail.ts'
import { Ring } from './ring.ts'

const onError = (error: unknown) => {
  throw error
}

/** A tail whose ring contains the positions after `from`, alternately of the channels `a` and `b`. */
function tailOf(from: number, head: number): LogTail {
  const limits = { maxEvents: 1_000, maxBytes: 1_000_000, maxAgeMs: Number.POSITIVE_INFINITY }
  const encoder = new FrameEncoder(() => false, onError)
  const tail = new LogTail(new Ring(limits), new Fanout(onError), encoder, onError)
  tail.start('e', from)
  append(tail, head)
  return tail
}

function append(tail: LogTail, head: number): void {
  for (let position = tail.head + 1; position <= head; position += 1) {
    tail.add(
      [{ position, at: 0, channel: position % 2 ? 'a' : 'b', event: 'n', data: `${position}` }],
      position,
    )
  }
}

const startAt = (position: number, more: Partial<StartPosition> = {}): StartPosition => ({
  epoch: 'e',
  position,
  gap: undefined,
  ...more,
})

const cursorAt = (tail: LogTail, start: StartPosition) => new LogCursor(tail, ['a'], start)
const positionsOf = (step: ReturnType<LogCursor['next']>) =>
  step.kind === 'frames' ? step.batch.frames.map(({ position }) => position) : step.kind

describe('a log cursor', () => {
  it('reads its channels from the ring up to the head', () => {
    const cursor = cursorAt(tailOf(0, 6), startAt(1))
    expect(positionsOf(cursor.next())).toEqual([3, 5])
    expect(cursor.position).toBe(6)
    expect(cursor.next()).toEqual({ kind: 'head' })
  })

  it('continues where new events were added', () => {
    const tail = tailOf(0, 2)
    const cursor = cursorAt(tail, startAt(2))
    expect(cursor.next()).toEqual({ kind: 'head' })
    append(tail, 5)
    expect(cursor.lag).toBe(3)
    expect(positionsOf(cursor.next())).toEqual([3, 5])
  })

  it('asks for a read behind the ring, and takes its frames', () => {
    const tail = tailOf(4, 8)
    const cursor = cursorAt(tail, startAt(1))
    expect(cursor.next()).toEqual({ kind: 'read', position: 1 })
    cursor.take(new Batch(1, [], 4))
    expect(positionsOf(cursor.next())).toEqual([])
    expect(positionsOf(cursor.next())).toEqual([5, 7])
  })

  it('reports a gap found by a read before the frames of that read', () => {
    const tail = tailOf(4, 8)
    const cursor = cursorAt(tail, startAt(1))
    cursor.next()
    cursor.take(new Batch(1, [], 4, 3))
    expect(cursor.next()).toEqual({ kind: 'gap', id: 'e-3', gap: { reason: 'trimmed', since: 'e-4' } })
    expect(positionsOf(cursor.next())).toEqual([])
    expect(cursor.position).toBe(4)
  })

  it('reports the gap it starts with first, without a next event if there is none', () => {
    const cursor = cursorAt(tailOf(0, 4), startAt(4, { gap: 'trimmed' }))
    expect(cursor.next()).toEqual({ kind: 'gap', id: 'e-4', gap: { reason: 'trimmed' } })
    expect(cursor.next()).toEqual({ kind: 'head' })
  })

  it('starts at the head after a gap if the log was replaced before it started', () => {
    const cursor = cursorAt(tailOf(0, 4), startAt(1, { epoch: 'other' }))
    expect(cursor.next()).toEqual({ kind: 'gap', id: 'e-4', gap: { reason: 'epoch' } })
    expect(cursor.next()).toEqual({ kind: 'head' })
  })

  it('ignores a read that was in flight when the log was replaced', () => {
    const tail = tailOf(4, 8)
    const cursor = cursorAt(tail, startAt(1))
    expect(cursor.next()).toEqual({ kind: 'read', position: 1 })
    tail.jump('f', 2, 'epoch')
    cursor.replaced('epoch')
    cursor.take(new Batch(1, [], 4, 3))
    expect(cursor.next()).toEqual({ kind: 'gap', id: 'f-2', gap: { reason: 'epoch' } })
    expect(cursor.next()).toEqual({ kind: 'head' })
  })

  it('drops a batch that was read before the log was replaced', () => {
    const tail = tailOf(4, 8)
    const cursor = cursorAt(tail, startAt(1))
    cursor.next()
    cursor.take(new Batch(1, [], 4))
    tail.jump('f', 0, 'epoch')
    cursor.replaced('epoch')
    expect(cursor.next()).toMatchObject({ kind: 'gap', id: 'f-0' })
    expect(cursor.next()).toEqual({ kind: 'head' })
  })

  it('follows live delivery', () => {
    const tail = tailOf(0, 6)
    const cursor = cursorAt(tail, startAt(0))
    cursor.moveTo(4)
    expect(cursor.id).toBe('e-4')
    expect(positionsOf(cursor.next())).toEqual([5])
  })
})
