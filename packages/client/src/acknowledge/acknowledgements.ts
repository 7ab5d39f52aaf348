import type { SseError } from '@sse/contract'
import { isRetryable } from '../connection/reconnect.ts'
import { toSseError } from '../connection/reconnect-loop.ts'
import type { TokenRefresh } from '../connection/token-refresh.ts'
import type { PreparedRequest } from '../transport/transport.ts'
import { sendAck } from './send-ack.ts'

export interface AckSettings {
  prepare: () => PreparedRequest | Promise<PreparedRequest>
  /** Gets a fresh token after 401. */
  token: TokenRefresh | undefined
  onError: (error: unknown) => void
}

/** Sends a feed's acknowledgements: one at a time and only the newest, as they are cumulative. */
export class Acknowledgements {
  readonly #settings: AckSettings
  /** The newest id, until the server has accepted or refused it. */
  #id: string | undefined
  #isSending = false
  #sending = Promise.resolve()

  constructor(settings: AckSettings) {
    this.#settings = settings
  }

  /** The promise settles with the newest id: calls made while a request is in flight share it. */
  send(id: string): Promise<void> {
    this.#id = id
    if (!this.#isSending) {
      this.#isSending = true
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
    const { prepare, onError } = this.#settings
    let { token } = this.#settings
    let failure: SseError | undefined
    try {
      while (this.#id !== undefined) {
        let sent: string | undefined
        try {
          const request = await prepare()
          sent = this.#id // includes calls made meanwhile
          this.#id = undefined
          await sendAck(request, sent)
          failure = undefined
        } catch (cause) {
          failure = toSseError(cause, 'The acknowledgement failed')
          const isUnauthorized = failure.status === 401 && token !== undefined
          if (isUnauthorized || isRetryable(failure)) this.#id ??= sent
          if (isUnauthorized) {
            failure = await refreshToken(token)
            token = undefined
            if (!failure) continue
          }
          onError(failure)
          // A refused id does not hold back a newer one. Any other failure would meet that one as well.
          if (isUnauthorized || sent === undefined || isRetryable(failure)) break
        }
      }
    } finally {
      // In the same turn as the last check of `#id`: a later call starts a new request.
      this.#isSending = false
    }
    if (failure) throw failure
  }
}

/** Returns why there is no fresh token. */
async function refreshToken(token: TokenRefresh | undefined): Promise<SseError | undefined> {
  try {
    await token?.refresh()
    return undefined
  } catch (cause) {
    return toSseError(cause, 'The token refresh failed')
  }
}
