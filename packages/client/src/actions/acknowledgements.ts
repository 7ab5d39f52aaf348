import type { SseError } from '@sse/contract'
import { isRetryable } from '../connection/reconnect.ts'
import { toByteString } from '../transport/byte-string.ts'
import { type ActionSettings, sendAction } from './send-action.ts'

export interface AckSettings extends ActionSettings {
  readonly onError: (error: unknown) => void
}

/** Sends a feed's acknowledgements: one at a time and only the newest, as they are cumulative. */
export class Acknowledgements {
  readonly #settings: AckSettings
  /** The newest id, until the server has accepted or refused it. */
  #id: string | undefined
  #sending: Promise<void> | undefined

  constructor(settings: AckSettings) {
    this.#settings = settings
  }

  /** The promise settles with the newest id: calls made while a request is in flight share it. */
  send(id: string): Promise<void> {
    this.#id = id
    if (!this.#sending) {
      this.#sending = this.#sendPending()
      // The promise may be ignored: the failure was reported, and a transient one is sent again.
      this.#sending.catch(() => {})
    }
    return this.#sending
  }

  /** Sends an acknowledgement that failed before. */
  flush(): void {
    if (this.#id !== undefined) this.send(this.#id)
  }

  async #sendPending(): Promise<void> {
    let failure: SseError | undefined
    try {
      while (this.#id !== undefined) {
        let sent: string | undefined
        try {
          await sendAction(this.#settings, 'ack', () => {
            sent = this.#id ?? sent // includes calls made meanwhile
            this.#id = undefined
            return { 'last-event-id': toByteString(sent as string) }
          })
          failure = undefined
        } catch (error) {
          failure = error as SseError
          this.#settings.onError(failure)
          // A refused id does not hold back a newer one. Any other failure would meet that one as well.
          if (sent !== undefined && !isRetryable(failure) && failure.status !== 401) continue
          this.#id ??= sent
          break
        }
      }
    } finally {
      // In the same turn as the last check of `#id`: a later call starts a new request.
      this.#sending = undefined
    }
    if (failure) throw failure
  }
}
