import type { Gap } from '@sse/contract'
import { isObserved, report } from '../diagnostics.ts'
import { BATCH_LIMIT, type Batch, makeBatch } from './batch.ts'
import { isControlChannel } from './control-entry.ts'
import type { Entry } from './engine.ts'
import type { Fanout } from './fanout.ts'
import { blankFrame, type FrameEncoder } from './frame-encoder.ts'
import { formatId } from './id.ts'
import type { Ring } from './ring.ts'
import type { StoredFrame } from './stored-frame.ts'

/** Longest hole in the log that is bridged position by position. */
const MAX_HOLE = 10_000

/**
 * The newest part of the log as this process has it: it grows in order and without holes, whatever the number of
 * readers, and passes on what it adds.
 */
export class LogTail {
  readonly ring: Ring
  readonly #path: string
  readonly #fanout: Fanout
  readonly #encoder: FrameEncoder
  readonly #onControl: (entry: Entry, id: string) => void
  #epoch = ''

  /**
   * @param onControl - called with each entry of a reserved channel. Must not throw.
   * @param path - path of the contract, for diagnostics.
   */
  constructor(
    ring: Ring,
    fanout: Fanout,
    encoder: FrameEncoder,
    onControl: (entry: Entry, id: string) => void,
    path: string = '',
  ) {
    this.#path = path
    this.ring = ring
    this.#fanout = fanout
    this.#encoder = encoder
    this.#onControl = onControl
  }

  get epoch(): string {
    return this.#epoch
  }

  /** Position of the newest event that this process has seen. */
  get head(): number {
    return this.ring.head
  }

  /** Starts at a position of a log, without any event yet. */
  start(epoch: string, head: number): void {
    this.#epoch = epoch
    this.ring.reset(head)
  }

  /**
   * Adds the entries that follow the head, in order, and delivers them. Entries up to the head are already here.
   *
   * @param reached - position up to which the entries are all that the engine has.
   */
  add(entries: readonly Entry[], reached: number): void {
    const frames: StoredFrame[] = []
    const controls: Entry[] = []
    const traced: Entry[] = []
    for (const entry of entries) {
      if (entry.position <= this.head) continue
      this.#bridge(entry.position - 1)
      const frame = this.#encoder.encodeFrame(this.#epoch, entry)
      this.ring.push(frame ?? blankFrame(entry.position, entry.at))
      if (frame && typeof entry.traceparent === 'string') traced.push(entry)
      if (frame) frames.push(frame)
      else if (isControlChannel(entry.channel)) controls.push(entry)
    }
    this.#bridge(reached)
    if (traced.length > 0 && isObserved('sse.delivered')) this.#deliverTraced(frames, traced)
    else if (frames.length > 0) this.#fanout.deliver(frames)
    for (const entry of controls) {
      this.#onControl(entry, formatId({ epoch: this.#epoch, position: entry.position }))
    }
  }

  /** Delivers frames, and reports those that have a trace context. */
  #deliverTraced(frames: readonly StoredFrame[], traced: readonly Entry[]): void {
    const startedAt = performance.now()
    const before = this.#fanout.deliveries
    this.#fanout.deliver(frames)
    report('sse.delivered', {
      path: this.#path,
      events: traced.map(({ event, position, traceparent }) => ({
        event,
        id: formatId({ epoch: this.#epoch, position }),
        traceparent: traceparent as string,
      })),
      deliveries: this.#fanout.deliveries - before,
      durationMs: performance.now() - startedAt,
    })
  }

  /** Continues at a position that does not follow the head: on another log, or after events that no longer exist. */
  jump(epoch: string, head: number, reason: Gap['reason']): void {
    const before = this.head
    this.start(epoch, head)
    this.#fanout.reset(reason, before)
  }

  /** Reads what follows `position` in `channels`. Returns `undefined` if the ring does not reach back that far. */
  read(position: number, channels: readonly string[]): Batch | undefined {
    if (!this.ring.reaches(position)) return undefined
    const found = this.ring.after(position, BATCH_LIMIT, channels)
    const reached = found.length < BATCH_LIMIT ? this.head : (found.at(-1) as StoredFrame).position
    return makeBatch(
      position,
      found.filter((frame) => !this.ring.isSuperseded(frame)),
      reached,
    )
  }

  /** Takes up the positions up to `reached` that the engine does not have: another program has removed the entries. */
  #bridge(reached: number): void {
    const from = this.head + 1
    if (reached < from) return
    const hole = from === reached ? `position ${from} is` : `the positions ${from} to ${reached} are`
    this.#encoder.skip(formatId({ epoch: this.#epoch, position: from }), new Error(`${hole} missing`))
    if (reached - from >= MAX_HOLE) return this.ring.reset(reached)
    for (let position = from; position <= reached; position += 1) this.ring.push(blankFrame(position, 0))
  }
}
