import { isSseError, SseError } from '@sse/contract'
import { type Periodic, startPeriodic, stopPeriodic } from '../timing/periodic.ts'
import type { ConnectionHandle } from './connection-handle.ts'
import { errorFrame } from './error-frame.ts'

/** Asks `authorize` again every so often, and ends the connection when the answer has become no. */
export class Reauthorizer implements Periodic {
  readonly #host: ConnectionHandle
  readonly #intervalMs: number
  readonly #authorize: () => unknown
  #isAsking = false

  constructor(host: ConnectionHandle, intervalMs: number, authorize: () => unknown) {
    this.#host = host
    this.#intervalMs = intervalMs
    this.#authorize = authorize
    startPeriodic(this, intervalMs)
  }

  tick(): void {
    if (this.#isAsking) return
    this.#isAsking = true
    this.#ask().finally(() => {
      this.#isAsking = false
    })
  }

  stop(): void {
    stopPeriodic(this, this.#intervalMs)
  }

  async #ask(): Promise<void> {
    try {
      if ((await this.#authorize()) !== false) return
      this.#refuse(new SseError('revoked', 'This stream is no longer open to you'))
    } catch (error) {
      // Whoever can't be asked has not said no: a database that is away throws nobody out.
      if (isSseError(error)) this.#refuse(error)
      else this.#host.report(error)
    }
  }

  #refuse(reason: SseError): void {
    this.#host.close(reason, errorFrame(reason))
  }
}
