import { SharedFrames } from './shared-frames.ts'
import type { StoredFrame } from './stored-frame.ts'

/**
 * Frames a reader gets at a time: at 1 KB each, about one socket buffer. A reader that takes nothing holds one batch at
 * most: these bytes and one event.
 */
export const BATCH_LIMIT = 256
export const BATCH_BYTES = 262_144

/** Frames that follow a position in some channels. Readers at the same position share one. */
export class Batch {
  /** Position they follow. */
  readonly after: number
  readonly frames: readonly StoredFrame[]
  /** Every event of the channels up to this position is in `frames`. */
  readonly position: number
  /** Position up to which the events after `after` no longer exist; `undefined` if all of them do. */
  readonly missingUpTo: number | undefined
  #joined: SharedFrames | undefined

  constructor(after: number, frames: readonly StoredFrame[], position: number, missingUpTo?: number) {
    this.after = after
    this.frames = frames
    this.position = position
    this.missingUpTo = missingUpTo
  }

  /** All frames, the same object for every connection that writes them. */
  get joined(): SharedFrames {
    this.#joined ??= new SharedFrames(this.frames, 'history')
    return this.#joined
  }
}

/**
 * Makes a batch of the first frames that fit into one.
 *
 * @param found - frames after a position, in order: all of them up to `reached`.
 */
export function makeBatch(
  after: number,
  found: readonly StoredFrame[],
  reached: number,
  missingUpTo?: number,
): Batch {
  let count = 0
  for (let bytes = 0; count < found.length && count < BATCH_LIMIT && bytes < BATCH_BYTES; count += 1) {
    bytes += (found[count] as StoredFrame).bytes.byteLength
  }
  if (count === found.length) return new Batch(after, found, reached, missingUpTo)
  const frames = found.slice(0, count)
  return new Batch(after, frames, (frames.at(-1) as StoredFrame).position, missingUpTo)
}
