import type { Gap } from '@sse/contract'
import type { Batch } from './batch.ts'
import { formatId } from './id.ts'
import type { LogTail } from './log-tail.ts'

/** Where a cursor starts. */
export interface StartPosition {
  /** The log that `position` belongs to. */
  readonly epoch: string
  /** Position of the last event the reader does not get. */
  readonly position: number
  /** Gap to report first: the reader's id does not belong to this log, or is older than its oldest event. */
  readonly gap: Gap['reason'] | undefined
}

/** History is missing. The reader continues after `id`. */
export interface GapStep {
  readonly kind: 'gap'
  readonly id: string
  readonly gap: Gap
}

/** What comes next for a reader of the log. */
export type Step =
  | GapStep
  /** Nothing: the cursor is at the head. */
  | { readonly kind: 'head' }
  /** Frames of the reader's channels, possibly none. */
  | { readonly kind: 'frames'; readonly batch: Batch }
  /** The ring does not reach back to `position`: read the engine from there and pass the result to `take`. */
  | { readonly kind: 'read'; readonly position: number }

const HEAD: Step = { kind: 'head' }

/**
 * A reader's position in the log. Live delivery, a slow reader and a reconnect are the same operation: move to the head,
 * reading from the nearest place that still has the events.
 *
 * It decides and does no I/O. Two shells act on its steps: a sender that pushes to a connection, and a loop that pulls.
 */
export class LogCursor {
  readonly #tail: LogTail
  readonly #channels: readonly string[]
  #position: number
  #gap: Gap['reason'] | undefined
  /** Result of a read, until it is taken as a step. */
  #batch: Batch | undefined

  constructor(tail: LogTail, channels: readonly string[], start: StartPosition) {
    this.#tail = tail
    this.#channels = channels
    this.#position = start.position
    this.#gap = start.gap
    // The log may have been replaced since the position was found.
    if (start.epoch !== tail.epoch) this.replaced('epoch')
  }

  get position(): number {
    return this.#position
  }

  /** Number of positions between the cursor and the head. */
  get lag(): number {
    return this.#tail.head - this.#position
  }

  /** Whether a gap is to be reported first. */
  get hasGap(): boolean {
    return this.#gap !== undefined
  }

  /** Whether a batch that was read is yet to be taken as a step. */
  get hasBatch(): boolean {
    return this.#batch !== undefined
  }

  get id(): string {
    return formatId({ epoch: this.#tail.epoch, position: this.#position })
  }

  /** Returns what comes next, and moves there. */
  next(): Step {
    const gap = this.takeGap()
    if (gap) return gap
    let batch = this.#batch
    this.#batch = undefined
    if (!batch) {
      if (this.#position >= this.#tail.head) return HEAD
      batch = this.#tail.read(this.#position, this.#channels)
      if (!batch) return { kind: 'read', position: this.#position }
    }
    this.#position = batch.position
    return { kind: 'frames', batch }
  }

  /** Returns the gap to report, once. */
  takeGap(): GapStep | undefined {
    const reason = this.#gap
    if (!reason) return undefined
    this.#gap = undefined
    const gap: Gap = { reason }
    const oldest = this.#position + 1
    if (reason === 'trimmed' && oldest <= this.#tail.head) {
      gap.since = formatId({ epoch: this.#tail.epoch, position: oldest })
    }
    return { kind: 'gap', id: this.id, gap }
  }

  /** Takes the result of a read, unless the log was replaced in the meantime. */
  take(batch: Batch): void {
    if (batch.after !== this.#position || this.#gap) return
    this.#batch = batch
    if (batch.missingUpTo === undefined) return
    this.#position = batch.missingUpTo
    this.#gap = 'trimmed'
  }

  /** The reader has received everything up to `position` by live delivery. */
  moveTo(position: number): void {
    this.#position = position
  }

  /** The log was replaced by another one: the reader continues at its head, after a gap. */
  replaced(reason: Exclude<Gap['reason'], 'trimmed'>): void {
    this.#position = this.#tail.head
    this.#gap = reason
    this.#batch = undefined
  }
}
