import { CONTROL, encodeMessage } from '@sse/contract/protocol'
import { formatId } from './id.ts'
import type { Log } from './log.ts'
import { SharedFrames } from './shared-frames.ts'

const encoder = new TextEncoder()

/** The heartbeat of connections that have everything: it carries the id they stand at, the same bytes for all. */
export class Heartbeat {
  readonly #log: Log
  #epoch = ''
  #head = 0
  #frames: SharedFrames | undefined

  constructor(log: Log) {
    this.#log = log
  }

  get frames(): SharedFrames {
    const { epoch, head } = this.#log
    if (!this.#frames || head !== this.#head || epoch !== this.#epoch) {
      this.#epoch = epoch
      this.#head = head
      const id = formatId({ epoch, position: head })
      this.#frames = new SharedFrames(encoder.encode(encodeMessage({ id, event: CONTROL.heartbeat })))
    }
    return this.#frames
  }
}
