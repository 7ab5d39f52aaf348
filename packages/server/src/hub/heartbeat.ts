import { CONTROL, encodeMessage } from '@sse/contract'
import { SharedFrames } from '../shared-frames.ts'
import { formatId } from './id.ts'
import type { Log } from './log.ts'

const encoder = new TextEncoder()

/** The heartbeat of connections that have everything: it carries the id they stand at, the same bytes for all. */
export class Heartbeat {
  readonly #log: Log
  #id = ''
  #frames: SharedFrames | undefined

  constructor(log: Log) {
    this.#log = log
  }

  get frames(): SharedFrames {
    const id = formatId({ epoch: this.#log.epoch, position: this.#log.head })
    if (!this.#frames || id !== this.#id) {
      this.#id = id
      this.#frames = new SharedFrames(encoder.encode(encodeMessage({ id, event: CONTROL.heartbeat })))
    }
    return this.#frames
  }
}
