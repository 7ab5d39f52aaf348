import { SseError } from '@sse/contract'
import { type Periodic, startPeriodic, stopPeriodic } from '../timing/periodic.ts'
import type { ConnectionHandle } from './connection-handle.ts'
import { reconnectDelay } from './max-age-timer.ts'

/** A connection ends at most this long after its identity has expired. */
const CHECK_MS = 500

/** Closes a connection when what `authorize` returned for it expires, so that the client is authorized again. */
export class ExpiryTimer implements Periodic {
  readonly #handle: ConnectionHandle
  readonly #retryMs: number | undefined

  constructor(handle: ConnectionHandle, retryMs: number | undefined) {
    this.#handle = handle
    this.#retryMs = retryMs
    startPeriodic(this, CHECK_MS)
  }

  tick(): void {
    if (Date.now() < this.#handle.expiresAt) return
    const reason = new SseError('expired', 'Access to this stream has expired')
    this.#handle.close(reason, reconnectDelay(this.#retryMs))
  }

  stop(): void {
    stopPeriodic(this, CHECK_MS)
  }
}
