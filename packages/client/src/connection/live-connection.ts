import { SseError } from '@sse/contract'
import type { IdStore } from '../storage/id-store.ts'
import type {
  PreparedRequest,
  Transport,
  TransportEvents,
  TransportHandle,
  TransportNote,
} from '../transport/transport.ts'
import { IdleWatch } from './idle-watch.ts'
import { isOffline, watchPage } from './page-life-cycle.ts'
import { isRetryable, MAX_TIMER_MS, type ReconnectOptions, reconnectDelay } from './reconnect.ts'
import type { FeedStatus, PauseReason } from './status.ts'

export interface ConnectionSettings {
  transport: Transport
  reconnect: Required<ReconnectOptions>
  idleTimeoutMs: number
  lastEventId: string | IdStore
  /** Asked before each attempt, so that a token can be fresh. */
  prepare: () => Promise<PreparedRequest>
  refresh?: () => unknown
}

export interface ConnectionEvents {
  /** Event names to ask for, as the attempt starts. */
  eventNames: () => Iterable<string>
  onMessage: (event: string, data: string) => void
  onStatus: (status: FeedStatus) => void
  onNote: (note: TransportNote) => void
  /** What `status` does not show, or shows only for a while. */
  onError: (error: unknown) => void
}

/** Keeps one stream open until it is closed or has ended: attempts, pauses, and the id to go on after. */
export class LiveConnection {
  readonly #settings: ConnectionSettings
  readonly #events: ConnectionEvents
  readonly #idle: IdleWatch
  readonly #unwatchPage: () => void
  readonly #store: IdStore | undefined
  status: FeedStatus = { state: 'connecting', attempt: 1 }
  /** The server's `retry`, in milliseconds; 0 while it has said none. */
  retryMs = 0
  /** `undefined` until the store was asked. */
  #lastEventId: string | undefined
  #previousId = ''
  #attempt = 1
  /** The attempt that is heard. */
  #current: object | undefined
  #handle: TransportHandle | undefined
  #timer: ReturnType<typeof setTimeout> | undefined
  /** The server named the time: nothing makes it sooner. */
  #isTimeGiven = false
  #refreshing: Promise<unknown> | undefined
  /** A fresh token was got and has not been accepted yet. */
  #isRefreshed = false
  /** What the server said in `sse.error`, until the connection it ended is over. */
  #serverError: SseError | undefined

  constructor(settings: ConnectionSettings, events: ConnectionEvents) {
    this.#settings = settings
    this.#events = events
    const { lastEventId, idleTimeoutMs } = settings
    if (typeof lastEventId === 'string') this.#lastEventId = lastEventId
    else this.#store = lastEventId
    this.#idle = new IdleWatch(idleTimeoutMs, () =>
      this.#onEnd(new SseError('idle', `Nothing was heard for ${idleTimeoutMs} ms`)),
    )
    this.#unwatchPage = watchPage({
      onFreeze: () => this.pause('frozen'),
      onWake: () => this.#onWake(),
      onOnline: () => this.#onOnline(),
    })
    // Not in this turn: listeners added after `connect()` miss nothing, a failure included.
    queueMicrotask(() => {
      if (this.status.state === 'connecting') this.#connect()
    })
  }

  get lastEventId(): string {
    return this.#lastEventId ?? ''
  }

  /** Where the stream stood before the message at hand. */
  get previousId(): string {
    return this.#previousId
  }

  get isClosed(): boolean {
    return this.status.state === 'closed'
  }

  isPaused(reason: PauseReason): boolean {
    return this.status.state === 'paused' && this.status.reason === reason
  }

  /** For good. */
  finish(reason: 'closed' | 'aborted' | 'ended' | SseError): void {
    if (this.isClosed) return
    this.#disconnect()
    this.#unwatchPage()
    this.#setStatus(
      typeof reason === 'string'
        ? { state: 'closed', reason }
        : { state: 'closed', reason: 'error', error: reason },
    )
  }

  pause(reason: PauseReason): void {
    // While the app fetches, nothing is open that could freeze.
    if (this.isClosed || this.isPaused('gap')) return
    this.#disconnect()
    this.#setStatus({ state: 'paused', reason })
  }

  /** After a pause: at once, or because of `failure` as after a failed attempt. */
  resume(failure?: SseError): void {
    if (failure) this.#onEnd(failure)
    else this.#connect()
  }

  moveTo(id: string): void {
    this.#previousId = this.lastEventId
    this.#lastEventId = id
    try {
      this.#store?.save(id)
    } catch (error) {
      this.#events.onError(error)
    }
  }

  /** What ended, or is about to end, this connection on the server. */
  failed(error: SseError): void {
    this.#serverError = error
  }

  /** The next failure is a first one. */
  progressed(): void {
    this.#attempt = 1
  }

  /** Gets a fresh token; whoever asks meanwhile waits for the same. */
  refresh(): Promise<unknown> {
    this.#refreshing ??= Promise.resolve(this.#settings.refresh?.()).finally(() => {
      this.#refreshing = undefined
    })
    return this.#refreshing
  }

  listen(name: string): void {
    this.#handle?.listen?.(name)
  }

  async #connect(): Promise<void> {
    this.#disconnect()
    const status: FeedStatus = { state: 'connecting', attempt: this.#attempt }
    this.#setStatus(status)
    try {
      this.#lastEventId ??= await this.#load()
      const request = await this.#settings.prepare()
      if (this.status !== status) return // closed or paused meanwhile
      const { onNote, eventNames } = this.#events
      const { transport, prepare, reconnect } = this.#settings
      this.#handle = transport(
        { ...request, lastEventId: this.lastEventId, eventNames: eventNames(), prepare, reconnect },
        this.#whileCurrent({
          onActivity: () => this.#idle.heard(),
          onOpen: () => {
            this.#isRefreshed = false
            this.#setStatus({ state: 'open' })
          },
          onRetry: (retryMs) => {
            this.retryMs = retryMs
          },
          onNote,
          onWaiting: (reason, retryAt) => this.#onWaiting(reason, retryAt),
          onEnd: (reason) => this.#onEnd(reason),
        }),
      )
    } catch (cause) {
      // The headers could not be made, or the transport can't carry this request.
      if (this.status === status) this.#onEnd(asSseError(cause, 'The request failed'))
    }
  }

  /** An attempt that is over may still tell of itself, also the rest of a chunk it has read: nobody listens. */
  #whileCurrent(events: Omit<TransportEvents, 'onId' | 'onMessage'>): TransportEvents {
    const { onMessage } = this.#events
    this.#current = events
    const guarded = Object.entries<(...told: never[]) => void>(events).map(([name, tell]) => [
      name,
      (...told: never[]) => this.#current === events && tell(...told),
    ])
    return {
      ...(Object.fromEntries(guarded) as typeof events),
      // Written out: through the call that the others share, an event costs 20 ns more.
      onId: (id) => {
        if (this.#current === events) this.moveTo(id)
      },
      onMessage: (event, data) => {
        if (this.#current === events) onMessage(event, data)
      },
    }
  }

  async #load(): Promise<string> {
    try {
      return (await this.#store?.load()) ?? ''
    } catch (error) {
      this.#events.onError(error)
      return ''
    }
  }

  /** Nothing is open, nothing is planned; the status is the caller's. */
  #disconnect(): void {
    clearTimeout(this.#timer)
    this.#idle.stop()
    this.#handle?.close()
    this.#handle = undefined
    this.#current = undefined
  }

  #onEnd(reason: SseError | 'ended'): void {
    if (this.isClosed) return
    this.#disconnect()
    if (reason === 'ended') return this.finish(reason)
    const { reconnect, refresh } = this.#settings
    if (reason.status === 401 && refresh && !this.#isRefreshed) return void this.#connectAfresh()
    if (!isRetryable(reason)) return this.finish(reason)
    if (this.#attempt > reconnect.maxAttempts) return this.finish(this.#serverError ?? reason)
    const retryAfterMs = reason.retryAfterMs ?? 0
    this.#isTimeGiven = retryAfterMs > 0
    const backOff = reconnectDelay(this.#attempt, this.retryMs, reconnect, Math.random())
    // Offline, now and then all the same: a page can be wrong about its network.
    const delay = Math.min(
      MAX_TIMER_MS,
      Math.max(retryAfterMs + backOff, isOffline() ? reconnect.maxJitterMs : 0),
    )
    this.#attempt += 1
    this.#timer = setTimeout(() => this.#connect(), delay)
    this.#setWaiting(reason, Date.now() + delay)
  }

  /** The transport comes back by itself; its failures count all the same. */
  #onWaiting(reason: SseError, retryAt: number | undefined): void {
    this.#idle.stop()
    if (this.#attempt > this.#settings.reconnect.maxAttempts) return this.finish(this.#serverError ?? reason)
    this.#attempt += 1
    this.#isTimeGiven = (reason.retryAfterMs ?? 0) > 0
    this.#setWaiting(reason, retryAt)
  }

  /** Once in a row: a fresh token that is refused as well ends the feed. */
  async #connectAfresh(): Promise<void> {
    const { status } = this
    this.#isRefreshed = true
    try {
      await this.refresh()
      if (this.status === status) this.#connect()
    } catch (cause) {
      if (this.status !== status) return
      const error = asSseError(cause, 'The token could not be refreshed')
      this.#isRefreshed = !isRetryable(error)
      this.#onEnd(error)
    }
  }

  #setWaiting(reason: SseError, retryAt: number | undefined): void {
    const why = this.#serverError ?? reason
    this.#serverError = undefined
    if (why.code !== 'dropped') this.#events.onError(why)
    this.#setStatus(
      isOffline()
        ? { state: 'paused', reason: 'offline' }
        : { state: 'waiting', attempt: this.#attempt, retryAt, error: why },
    )
  }

  #onWake(): void {
    const { state } = this.status
    if ((state === 'paused' && !this.isPaused('gap')) || (state === 'waiting' && !this.#isTimeGiven)) {
      this.#connect()
    }
  }

  #onOnline(): void {
    const { state } = this.status
    // What has an id goes on exactly: better anew than on a line that may be dead.
    if (this.isPaused('offline') || (state === 'open' && this.#lastEventId)) this.#connect()
    else if (state === 'waiting') this.#onWake()
  }

  #setStatus(status: FeedStatus): void {
    if (this.isClosed) return
    this.status = status
    this.#events.onStatus(status)
  }
}

export function asSseError(cause: unknown, message: string): SseError {
  return cause instanceof SseError ? cause : new SseError('network', message, { cause })
}
