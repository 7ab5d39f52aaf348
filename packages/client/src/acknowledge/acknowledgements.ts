import { SseError } from '@sse/contract'
import { isRetryable } from '../connection/reconnect.ts'
import type { PreparedRequest } from '../transport/transport.ts'
import { sendAck } from './send-ack.ts'

export interface AckSettings {
  prepare: () => Promise<PreparedRequest>
  /** Gets a fresh token after 401. */
  refresh: (() => unknown) | undefined
  onError: (error: unknown) => void
}

/** What a feed acknowledges: one at a time and the newest only, as acknowledgements are cumulative. */
export class Acknowledgements {
  readonly #settings: AckSettings
  /** The newest id, until the server has it. */
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
    // Nobody has to look: it was reported, and what can heal is sent again.
    this.#sending.catch(() => {})
    return this.#sending
  }

  /** Sends what could not be sent before. */
  flush(): void {
    if (this.#id !== undefined) this.send(this.#id)
  }

  async #send(): Promise<void> {
    const { prepare, refresh, onError } = this.#settings
    let isRefreshed = !refresh
    while (this.#id !== undefined) {
      let id = this.#id
      try {
        const request = await prepare()
        id = this.#id // what was acknowledged meanwhile goes along
        this.#id = undefined
        await sendAck(request, id)
      } catch (error) {
        const isOurs = error instanceof SseError
        const isUnauthorized = isOurs && error.status === 401 && !isRefreshed
        if (!isOurs || isUnauthorized || isRetryable(error)) this.#id ??= id
        if (!isUnauthorized) {
          onError(error)
          throw error
        }
        isRefreshed = true
        await refresh?.()
      }
    }
  }
}
