import { SseError } from '@sse/contract'
import { type Periodic, startPeriodic, stopPeriodic } from '../timing/periodic.ts'
import type { ConnectionHandle } from './connection-handle.ts'

const STEPS = 20
const DEFAULT_RETRY_MS = 1_000

/**
 * Closes a connection at a random age of 0.8 to 1 times `maxConnectionMs`, so that tokens are refreshed and load
 * moves to new processes without all clients reconnecting at once.
 */
export class MaxAgeTimer implements Periodic {
  readonly #handle: ConnectionHandle
  readonly #stepMs: number
  readonly #retryMs: number | undefined
  readonly #closesAt: number

  constructor(handle: ConnectionHandle, maxConnectionMs: number, retryMs: number | undefined) {
    this.#handle = handle
    this.#retryMs = retryMs
    this.#stepMs = Math.max(1, Math.floor(maxConnectionMs / STEPS))
    this.#closesAt = performance.now() + maxConnectionMs * (0.8 + 0.2 * Math.random()) - this.#stepMs
    startPeriodic(this, this.#stepMs)
  }

  tick(): void {
    if (performance.now() < this.#closesAt) return
    const reason = new SseError('rotated', 'The connection has reached its maximum age')
    this.#handle.close(reason, reconnectDelay(this.#retryMs))
  }

  stop(): void {
    stopPeriodic(this, this.#stepMs)
  }
}

/** Returns when a client should reconnect that the server disconnects: a random delay of 0.5 to 1.5 × `retryMs`. */
export function reconnectDelay(retryMs: number = DEFAULT_RETRY_MS): number {
  return Math.round(retryMs * (0.5 + Math.random()))
}
