import type { SseError } from '@sse/contract'
import type { StreamReceiver } from '../connection/attempt.ts'
import { isRetryable, MAX_TIMER_MS, type RetryPolicy } from '../connection/reconnect.ts'
import { ReconnectLoop } from '../connection/reconnect-loop.ts'
import type { FeedStatus } from '../connection/status.ts'
import type { Transport } from '../transport/transport.ts'
import { TaskQueue } from './task-queue.ts'

/** Reconnection time until the server sends another, in milliseconds: that of Chromium. */
const RECONNECTION_TIME_MS = 3_000
/** Keeps `retry: 0` from flooding the server: the minimum of Firefox. */
const MIN_RECONNECTION_TIME_MS = 500

/** The standard's policy. The backoff grows with attempts in a row that opened nothing, as the standard allows. */
const STANDARD_RETRY: RetryPolicy = {
  openIsProgress: true,
  delayMs(error, attempt, retryMs) {
    if (error.code === 'http_status' || !isRetryable(error)) return undefined
    const backoffMs = attempt > 1 ? Math.min(30_000, 1_000 * 2 ** (attempt - 2)) : 0
    return Math.min(MAX_TIMER_MS, Math.max(MIN_RECONNECTION_TIME_MS, retryMs) + backoffMs)
  },
}

/** `error` event with what is known about the failure, as in the npm package `eventsource`. */
export interface EventSourceErrorEvent extends Event {
  readonly message: string | undefined
  /** HTTP status, if a response closed the source. */
  readonly code: number | undefined
}

export interface SourceSettings {
  readonly url: string
  readonly transport: Transport
  readonly credentials: RequestCredentials | undefined
  readonly fetch: typeof fetch
}

/** State of an `EventSource`: receives its stream and fires each of its events in a separate task. */
export class SourceStream implements StreamReceiver {
  readyState: 0 | 1 | 2 = 0
  lastEventId = ''
  readonly #loop: ReconnectLoop
  readonly #fire: (event: Event) => void
  readonly #tasks = new TaskQueue()
  /** Origin of the response, after redirects. */
  #origin = 'null'
  /** Status of the current attempt's response. */
  #responseStatus: number | undefined

  constructor({ url, transport, credentials, fetch }: SourceSettings, fire: (event: Event) => void) {
    this.#fire = fire
    const request = { url, method: 'GET', headers: {}, body: undefined, credentials }
    const observedFetch: typeof fetch = async (input, init) => {
      const response = await fetch(input, init)
      this.#responseStatus = response?.status
      this.#origin = new URL(response?.url || url).origin
      return response
    }
    const prepare = () => {
      this.#responseStatus = undefined
      return { ...request, fetch: observedFetch }
    }
    const retryMs = RECONNECTION_TIME_MS
    this.#loop = new ReconnectLoop({ transport, prepare, retry: STANDARD_RETRY, retryMs }, this)
    this.#loop.start()
  }

  get reconnectionTime(): number {
    return Math.min(MAX_TIMER_MS, this.#loop.retryMs)
  }

  close(): void {
    this.readyState = 2
    this.#loop.close('closed')
  }

  eventNames(): string[] {
    return []
  }

  onId(id: string): void {
    this.lastEventId = id
  }

  onMessage(type: string, data: string, id?: string): void {
    if (id !== undefined) this.onId(id)
    const event = new MessageEvent(type, { data, origin: this.#origin, lastEventId: this.lastEventId })
    this.#tasks.add(() => {
      if (this.readyState !== 2) this.#fire(event)
    })
  }

  onStatus(status: FeedStatus): void {
    if (status.state === 'open') this.#change(1, new Event('open'))
    if (status.state !== 'closed' || status.reason === 'closed') return
    const code = this.#responseStatus
    if (status.reason === 'error') this.#change(2, errorEvent(describe(status.error), code))
    else
      this.#change(2, errorEvent(code === 204 ? 'Server sent HTTP 204, not reconnecting' : undefined, code))
  }

  onFailure(error: SseError): void {
    this.#change(0, errorEvent(describe(error), undefined))
  }

  #change(readyState: 0 | 1 | 2, event: Event): void {
    this.#tasks.add(() => {
      if (this.readyState === 2) return
      this.readyState = readyState
      this.#fire(event)
    })
  }
}

function errorEvent(message: string | undefined, code: number | undefined): EventSourceErrorEvent {
  return Object.assign(new Event('error'), { message, code })
}

/** Returns the message with those of its causes: what failed is often only in the innermost. */
function describe({ message, cause }: Error): string {
  return cause instanceof Error && cause.message ? `${message}: ${describe(cause)}` : message
}
