import { isSseError, SseError } from '@sse/contract'
import { captureContext } from '../timing/async-context.ts'
import { type Periodic, startPeriodic, stopPeriodic } from '../timing/periodic.ts'
import type { ConnectionHandle } from './connection-handle.ts'
import { readAuthorization } from './identity.ts'

/** How long `authorize` may take before the failure is reported and the next interval calls it again. */
const DEADLINE_MS = 10_000

/** Calls `authorize` again at an interval, and closes the connection when the answer no longer admits its identity. */
export class Reauthorizer implements Periodic {
  readonly #handle: ConnectionHandle
  readonly #intervalMs: number
  readonly #authorize: () => unknown
  readonly #inContext = captureContext()
  /** When the call in flight is given up, by `performance.now()`; `undefined` without one. */
  #deadline: number | undefined

  constructor(handle: ConnectionHandle, intervalMs: number, authorize: () => unknown) {
    this.#handle = handle
    this.#intervalMs = intervalMs
    this.#authorize = authorize
    startPeriodic(this, intervalMs)
  }

  tick(): void {
    if (this.#deadline !== undefined) {
      if (performance.now() < this.#deadline) return
      this.#handle.report(new Error(`authorize has not answered for ${DEADLINE_MS} ms; it is called again`))
    }
    const deadline = performance.now() + DEADLINE_MS
    this.#deadline = deadline
    this.#ask().finally(() => {
      if (this.#deadline === deadline) this.#deadline = undefined
    })
  }

  stop(): void {
    stopPeriodic(this, this.#intervalMs)
  }

  async #ask(): Promise<void> {
    let answer: unknown
    try {
      answer = await this.#inContext(this.#authorize)
    } catch (error) {
      // A failure is not an answer: an unavailable database closes no connection.
      if (isSseError(error) && error.kind === 'request') this.#close(error)
      else this.#handle.report(error)
      return
    }
    if (!this.#admits(answer)) this.#close(new SseError('revoked', 'Access to this stream has been revoked'))
  }

  #admits(answer: unknown): boolean {
    try {
      const { id, expiresAt } = readAuthorization(answer)
      if (id !== this.#handle.identity) return false
      this.#handle.expiresAt = expiresAt
      return true
    } catch (error) {
      if (!isSseError(error) || error.kind !== 'request') this.#handle.report(error)
      return false
    }
  }

  #close(reason: SseError): void {
    this.#handle.close(reason, 'error')
  }
}
