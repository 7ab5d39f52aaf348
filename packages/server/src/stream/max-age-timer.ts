import { SseError } from '@sse/contract'
import { encodeMessage } from '@sse/contract/protocol'
import { type Periodic, startPeriodic, stopPeriodic } from '../timing/periodic.ts'
import type { ConnectionHandle } from './connection-handle.ts'

const STEPS = 20
const DEFAULT_RETRY_MS = 1_000

/**
 * Ends a connection at a jittered age, 0.8 to 1 of `maxConnectionMs`: tokens get refreshed, load moves to new
 * processes, and not all at once.
 */
export class MaxAgeTimer implements Periodic {
  readonly #host: ConnectionHandle
  readonly #stepMs: number
  readonly #retryMs: number | undefined
  readonly #endsAt: number

  constructor(host: ConnectionHandle, maxConnectionMs: number, retryMs: number | undefined) {
    this.#host = host
    this.#retryMs = retryMs
    this.#stepMs = Math.max(1, Math.floor(maxConnectionMs / STEPS))
    this.#endsAt = performance.now() + maxConnectionMs * (0.8 + 0.2 * Math.random()) - this.#stepMs
    startPeriodic(this, this.#stepMs)
  }

  tick(): void {
    if (performance.now() < this.#endsAt) return
    this.#host.close(
      new SseError('rotated', 'The connection is as old as it may get'),
      goodbye(this.#retryMs),
    )
  }

  stop(): void {
    stopPeriodic(this, this.#stepMs)
  }
}

/** The last bytes of a connection that is to come back: a delay of its own, so that many do not come at once. */
export function goodbye(retryMs: number = DEFAULT_RETRY_MS): string {
  return encodeMessage({ retry: Math.round(retryMs * (0.5 + Math.random())) })
}
