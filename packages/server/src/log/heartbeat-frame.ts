import { CONTROL, encodeMessage } from '@sse/contract/protocol'
import { formatId } from './id.ts'
import type { LogTail } from './log-tail.ts'
import { SharedFrames } from './shared-frames.ts'

const encoder = new TextEncoder()

/** Heartbeat of connections at the head: it carries the head's id, and is the same bytes for all of them. */
export class Heartbeat {
  readonly #tail: LogTail
  #epoch = ''
  #head = 0
  #frames: SharedFrames | undefined

  constructor(tail: LogTail) {
    this.#tail = tail
  }

  get frames(): SharedFrames {
    const { epoch, head } = this.#tail
    if (!this.#frames || head !== this.#head || epoch !== this.#epoch) {
      this.#epoch = epoch
      this.#head = head
      const id = formatId({ epoch, position: head })
      this.#frames = new SharedFrames([encoder.encode(encodeMessage({ id, event: CONTROL.heartbeat }))])
    }
    return this.#frames
  }
}
