import { SseError } from '@sse/contract'
import { CONTROL } from '@sse/contract/protocol'
import type { PreparedRequest, Transport, TransportEvents, TransportRequest } from '../transport/transport.ts'
import { isOffline } from './page-life-cycle.ts'
import { DEFAULT_RECONNECT, isRetryable, MAX_TIMER_MS, reconnectDelay } from './reconnect.ts'

/** How long a request that was made is as good as new. */
const FRESH_MS = 1_000

/**
 * A stream over an inner transport that comes back by itself, so that who shares it sees `onWaiting`; `onEnd`
 * tells only of what can't heal.
 */
export class ReconnectingTransport {
  readonly #inner: Transport
  readonly #request: TransportRequest
  readonly #events: TransportEvents
  readonly #names: ReadonlySet<string>
  readonly #freshUntil: number
  #lastEventId: string
  #attempt = 1
  #retryMs = 0
  #isOpen = false
  /** When the next attempt is due, and whether the server named the time. */
  #waits: { readonly isTimeGiven: boolean } | undefined
  #timer: ReturnType<typeof setTimeout> | undefined
  #current: { close(): void; listen?(event: string): void } | undefined

  /**
   * @param names - event names, whoever wants them; more may be added until an attempt starts.
   * @param madeAt - when the request was made: a later attempt makes it anew.
   */
  constructor(
    inner: Transport,
    request: TransportRequest,
    events: TransportEvents,
    names: ReadonlySet<string>,
    madeAt: number,
  ) {
    this.#inner = inner
    this.#request = request
    this.#events = events
    this.#names = names
    this.#freshUntil = madeAt + FRESH_MS
    this.#lastEventId = request.lastEventId
  }

  get isOpen(): boolean {
    return this.#isOpen
  }

  /** @param startAt - not before that time, in milliseconds since the epoch. */
  start(lastEventId: string, startAt = 0): void {
    this.#lastEventId = lastEventId
    const delay = startAt - Date.now()
    if (delay > 0) this.#openIn(delay, false)
    else this.#open()
  }

  /** Somebody new wants it: not the moment to wait, unless the server named the time. */
  hurry(): void {
    if (this.#waits && !this.#waits.isTimeGiven) this.#open()
  }

  listen(name: string): void {
    this.#current?.listen?.(name)
  }

  close(): void {
    clearTimeout(this.#timer)
    this.#waits = undefined
    this.#isOpen = false
    const current = this.#current
    this.#current = undefined
    current?.close()
  }

  #openIn(delay: number, isTimeGiven: boolean): void {
    this.#waits = { isTimeGiven }
    this.#timer = setTimeout(() => this.#open(), Math.min(MAX_TIMER_MS, delay))
  }

  async #open(): Promise<void> {
    this.close()
    let isOver = false
    const attempt: { close(): void; listen?(event: string): void } = {
      close: () => {
        isOver = true
      },
    }
    this.#current = attempt
    const end = (reason: SseError | 'ended'): void => {
      if (isOver) return
      this.close()
      this.#onEnd(reason)
    }
    try {
      const prepared: PreparedRequest =
        Date.now() < this.#freshUntil ? this.#request : ((await this.#request.prepare?.()) ?? this.#request)
      if (isOver) return
      const handle = this.#inner(
        { ...this.#request, ...prepared, lastEventId: this.#lastEventId, eventNames: this.#names },
        this.#tell(() => isOver, end),
      )
      if (isOver) return handle.close()
      attempt.close = () => {
        isOver = true
        handle.close()
      }
      attempt.listen = (name) => handle.listen?.(name)
    } catch (cause) {
      end(cause instanceof SseError ? cause : new SseError('network', 'The request failed', { cause }))
    }
  }

  #tell(isOver: () => boolean, onEnd: TransportEvents['onEnd']): TransportEvents {
    const events = this.#events
    const told: TransportEvents = {
      onActivity: () => events.onActivity(),
      onOpen: () => {
        this.#isOpen = true
        events.onOpen()
      },
      onId: (id) => {
        this.#lastEventId = id
        events.onId(id)
      },
      onMessage: (event, data) => {
        if (event !== CONTROL.open) this.#attempt = 1 // a greeting is no progress
        events.onMessage(event, data)
      },
      onRetry: (retryMs) => {
        this.#retryMs = retryMs
        events.onRetry(retryMs)
      },
      onWaiting: (reason, retryAt) => {
        this.#isOpen = false
        events.onWaiting(reason, retryAt)
      },
      onEnd,
    }
    // What is over may still tell of itself, also the rest of a chunk it has read.
    const guarded = Object.entries(told).map(([name, tell]) => [
      name,
      (...args: unknown[]) => !isOver() && tell(...args),
    ])
    return Object.fromEntries(guarded)
  }

  #onEnd(reason: SseError | 'ended'): void {
    if (reason === 'ended' || !isRetryable(reason)) return this.#events.onEnd(reason)
    const delays = { ...DEFAULT_RECONNECT, ...this.#request.reconnect }
    const retryAfterMs = reason.retryAfterMs ?? 0
    const backOff = retryAfterMs + reconnectDelay(this.#attempt, this.#retryMs, delays, Math.random())
    const delay = Math.max(backOff, isOffline() ? delays.maxJitterMs : 0)
    this.#attempt += 1
    this.#openIn(delay, retryAfterMs > 0)
    this.#events.onWaiting(reason, Date.now() + delay)
  }
}
