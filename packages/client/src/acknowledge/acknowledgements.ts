import { isSseError } from '@sse/contract'
import { isRetryable } from '../connection/reconnect.ts'
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
  /** The newest id, until the server has accepted it. */
  #id: string | undefined
  #sending: Promise<void> | undefined

  constructor(settings: AckSettings) {
    this.#settings = settings
  }

  send(id: string): Promise<void> {
    this.#id = id
    this.#sending ??= this.#send().finally(() => {
      this.#sending = undefined
    })
    // The promise may be ignored: the failure was reported, and a transient one is sent again.
    this.#sending.catch(() => {})
    return this.#sending
  }

  /** Sends an acknowledgement that failed before. */
  flush(): void {
    if (this.#id !== undefined) this.send(this.#id)
  }

  async #send(): Promise<void> {
    const { prepare, token, onError } = this.#settings
    let isRefreshed = !token
    while (this.#id !== undefined) {
      let id = this.#id
      try {
        const request = await prepare()
        id = this.#id // includes calls made meanwhile
        this.#id = undefined
        await sendAck(request, id)
      } catch (error) {
        const isOurs = isSseError(error)
        const isUnauthorized = isOurs && error.status === 401 && !isRefreshed
        if (!isOurs || isUnauthorized || isRetryable(error)) this.#id ??= id
        if (!isUnauthorized) {
          onError(error)
          throw error
        }
        isRefreshed = true
        await token?.refresh()
      }
    }
  }
}
