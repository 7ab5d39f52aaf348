import type { Gap } from '@sse/contract'
import type { Entry } from './engine.ts'
import type { Fanout } from './fanout.ts'
import { blankFrame, type FrameEncoder } from './frame-encoder.ts'
import type { Ring } from './ring.ts'
import type { StoredFrame } from './stored-frame.ts'

/** Frames that follow a position in some channels. */
export interface Batch {
  /** Position they follow. */
  readonly after: number
  readonly frames: readonly StoredFrame[]
  /** Every event of the channels up to this position is in `frames`. */
  readonly position: number
  /** Position up to which the events after `after` no longer exist; `undefined` if all of them do. */
  readonly missingUpTo: number | undefined
}

/** Frames a reader gets at a time: at 1 KB each, about one socket buffer. */
const READ_LIMIT = 256
const READ_BYTES = 262_144

/**
 * The newest part of the log as this process has it: it grows in order and without holes, whatever the number of
 * readers, and passes on what it adds.
 */
export class LogTail {
  readonly ring: Ring
  readonly #fanout: Fanout
  readonly #encoder: FrameEncoder
  #epoch = ''

  constructor(ring: Ring, fanout: Fanout, encoder: FrameEncoder) {
    this.ring = ring
    this.#fanout = fanout
    this.#encoder = encoder
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

  /** Adds the entries that follow the head, one after the other, and delivers them. Others are already here. */
  add(entries: readonly Entry[]): void {
    const frames: StoredFrame[] = []
    let { head } = this
    for (const entry of entries) {
      if (entry.position !== head + 1) continue
      head = entry.position
      const frame = this.#encoder.encodeFrame(this.#epoch, entry) ?? blankFrame(entry)
      this.ring.push(frame)
      frames.push(frame)
    }
    if (frames.length > 0) this.#fanout.deliver(frames)
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
    const found = this.ring.after(position, READ_LIMIT, channels)
    const frames: StoredFrame[] = []
    let reached = found.length < READ_LIMIT ? this.head : (found.at(-1) as StoredFrame).position
    let bytes = 0
    for (const frame of found) {
      if (bytes >= READ_BYTES) {
        reached = (frames.at(-1) as StoredFrame).position
        break
      }
      if (this.ring.isSuperseded(frame)) continue
      frames.push(frame)
      bytes += frame.bytes.byteLength
    }
    return { after: position, frames, position: reached, missingUpTo: undefined }
  }
}
