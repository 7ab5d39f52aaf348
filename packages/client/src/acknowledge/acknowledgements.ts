import { SseError } from '@sse/contract'
import { isLastEventId } from '../connection/last-event-id.ts'
import { isRetryable } from '../connection/reconnect.ts'
import { toSseError } from '../connection/reconnect-loop.ts'
import type { TokenRefresh } from '../connection/token-refresh.ts'
import { outsideZone } from '../connection/zone.ts'
import type { PreparedRequest } from '../transport/transport.ts'
import { sendAck } from './send-ack.ts'

/** How long a request, from its preparation to its answer, and a fresh token may take, in milliseconds. */
const TIMEOUT_MS = 30_000

export interface AckSettings {
  prepare: () => PreparedRequest | Promise<PreparedRequest>
  /** Gets a fresh token after 401. */
  token: TokenRefresh | undefined
  onError: (error: unknown) => void
  /** Default 30,000. */
  timeoutMs?: number
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
    if (!id || !isLastEventId(id)) return this.#refuse()
    this.#id = id
    if (!this.#isSending) {
      this.#isSending = true
      this.#sending = this.#sendPending()
      // The promise may be ignored: the failure was reported, and a transient one is sent again.
      this.#sending.catch(() => {})
    }
    return this.#sending
  }

  /** No request can carry it: sent again and again, it would fail for ever. */
  #refuse(): Promise<void> {
    const error = new SseError('last_event_id_invalid', 'ack needs the id of an event')
    this.#settings.onError(error)
    const refused = Promise.reject(error)
    refused.catch(() => {}) // the promise may be ignored
    return refused
  }

  /** Sends an acknowledgement that failed before. */
  flush(): void {
    if (this.#id !== undefined) this.send(this.#id)
  }

  async #sendPending(): Promise<void> {
    const { prepare, onError, timeoutMs = TIMEOUT_MS } = this.#settings
    let { token } = this.#settings
    let failure: SseError | undefined
    try {
      while (this.#id !== undefined) {
        let sent: string | undefined
        try {
          await within(timeoutMs, async (signal) => {
            const request = await prepare()
            if (signal.aborted) return
            sent = this.#id // includes calls made meanwhile
            this.#id = undefined
            if (sent !== undefined) await sendAck(request, sent, signal)
          })
          failure = undefined
        } catch (cause) {
          failure = toSseError(cause, 'The acknowledgement failed')
          const isUnauthorized = failure.status === 401 && token !== undefined
          if (isUnauthorized || isRetryable(failure)) this.#id ??= sent
          if (isUnauthorized) {
            failure = await refreshToken(token, timeoutMs)
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
async function refreshToken(
  token: TokenRefresh | undefined,
  timeoutMs: number,
): Promise<SseError | undefined> {
  try {
    await within(timeoutMs, async () => token?.refresh())
    return undefined
  } catch (cause) {
    return toSseError(cause, 'The token refresh failed')
  }
}

/** Rejects with `idle` if `run` has not settled in time: an app's `fetch` may ignore its signal. */
async function within(timeoutMs: number, run: (signal: AbortSignal) => Promise<unknown>): Promise<void> {
  const abort = new AbortController()
  let timer: ReturnType<typeof setTimeout> | undefined
  const timeout = new Promise<never>((_, reject) => {
    const stop = () => {
      const error = new SseError('idle', `The acknowledgement was not answered for ${timeoutMs} ms`)
      reject(error)
      abort.abort(error)
    }
    timer = outsideZone(() => setTimeout(stop, timeoutMs))
  })
  try {
    await Promise.race([run(abort.signal), timeout])
  } finally {
    clearTimeout(timer)
  }
}
