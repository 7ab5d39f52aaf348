import type { ControlEncoder, Reporter } from '../dialects/control-encoder.ts'
import { formatId } from './id.ts'
import type { LogTail } from './log-tail.ts'
import { SharedFrames } from './shared-frames.ts'

const encoder = new TextEncoder()

/** Heartbeat of connections at the head: it carries the head's id, and is the same bytes for all of one dialect. */
export class Heartbeat {
  readonly #tail: LogTail
  /** Weak: an app may make a dialect for each request. */
  #frames = new WeakMap<ControlEncoder, SharedFrames>()
  #epoch = ''
  #head = 0

  constructor(tail: LogTail) {
    this.#tail = tail
  }

  framesFor(control: ControlEncoder, reporter: Reporter): SharedFrames {
    const { epoch, head } = this.#tail
    if (head !== this.#head || epoch !== this.#epoch) {
      this.#epoch = epoch
      this.#head = head
      this.#frames = new WeakMap()
    }
    let frames = this.#frames.get(control)
    if (!frames) {
      const text = control.heartbeat(formatId({ epoch, position: head }), reporter)
      frames = new SharedFrames([{ channel: '', bytes: encoder.encode(text) }], 'heartbeat')
      this.#frames.set(control, frames)
    }
    return frames
  }
}
