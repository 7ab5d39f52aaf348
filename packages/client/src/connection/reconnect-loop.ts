import { isSseError, SseError } from '@sse/contract'
import { CONTROL } from '@sse/contract/protocol'
import type { PreparedRequest, Transport } from '../transport/transport.ts'
import { Attempt, type AttemptOwner, type StreamReceiver } from './attempt.ts'
import { isOffline, type PageChanges } from './page-life-cycle.ts'
import { DEFAULT_RECONNECT, MAX_TIMER_MS, type ReconnectOptions, type RetryPolicy } from './reconnect.ts'
import type { EndReason, FeedStatus, PauseReason, RunEnd } from './status.ts'
import type { TokenRefresh } from './token-refresh.ts'
import { inThisZone, outsideZone } from './zone.ts'

export interface LoopSettings {
  readonly transport: Transport
  readonly retry: RetryPolicy
  /** Makes the request of an attempt. Called before each, so that a token can be fresh. */
  readonly prepare: () => PreparedRequest | Promise<PreparedRequest>
  /** The feed's delays, for transports that reconnect by themselves. Default: those of `connect`. */
  readonly reconnect?: Required<ReconnectOptions>
  /** Default `Infinity`: silence never ends an attempt. */
  readonly idleTimeoutMs?: number
  /** Gets a fresh token after 401. */
  readonly token?: TokenRefresh | undefined
  /** The server's `retry` until it sends one, in milliseconds. Default 0. */
  readonly retryMs?: number
}

type WaitingStatus = Extract<FeedStatus, { state: 'waiting' }>

/**
 * Keeps one stream open until it is closed or has ended: starts attempts, waits between them, pauses. The only place
 * that reconnects; feeds, tab sharing and the `EventSource` class differ in their `RetryPolicy`.
 */
export class ReconnectLoop implements AttemptOwner, PageChanges {
  status: FeedStatus = { state: 'connecting', attempt: 1 }
  /** The server's `retry`, in milliseconds. */
  retryMs: number
  silentAttempts = 0
  readonly #settings: LoopSettings
  readonly #receiver: StreamReceiver
  #current: Attempt | undefined
  /** Counts from 1 since the last progress. */
  #attempt = 1
  #timer: ReturnType<typeof setTimeout> | undefined
  /** Set while the server's `Retry-After` applies: nothing makes the next attempt earlier than `retryAt`. */
  #requestedWait: WaitingStatus | undefined

  constructor(settings: LoopSettings, receiver: StreamReceiver) {
    this.#settings = settings
    this.#receiver = inThisZone(receiver)
    this.retryMs = settings.retryMs ?? 0
  }

  get isClosed(): boolean {
    return this.status.state === 'closed'
  }

  isPaused(reason: PauseReason): boolean {
    return this.status.state === 'paused' && this.status.reason === reason
  }

  /** Starts an attempt, after a delay in milliseconds if one is given. */
  start(delayMs = 0): void {
    if (delayMs > 0) this.#connectIn(delayMs)
    else this.#connect()
  }

  /** Continues as after a failed attempt. */
  fail(error: SseError, serverError?: SseError): void {
    const { token } = this.#settings
    if (error.status === 401 && token && !token.isUsed) return void this.#refreshToken(token)
    if (token) token.isUsed = false
    const delayMs = this.#delayAfter(error)
    if (delayMs === undefined) return this.close(serverError ?? error)
    this.#connectIn(delayMs)
    this.#wait(error, serverError, Date.now() + delayMs)
  }

  /**
   * Nothing reconnects until `reopen`. Idempotent.
   *
   * @param end - how the run ended that the stream showed.
   */
  close(reason: EndReason | 'closed' | 'aborted' | SseError, end?: RunEnd): void {
    this.#disconnect()
    this.#setStatus(
      typeof reason === 'string'
        ? { state: 'closed', reason, ...(end && { end }) }
        : { state: 'closed', reason: 'error', error: reason },
    )
  }

  /** Connects again after `close`; no effect in any other state. */
  reopen(): void {
    if (!this.isClosed) return
    this.#attempt = 1
    this.status = { state: 'connecting', attempt: 1 }
    this.#connect()
  }

  pause(reason: PauseReason): void {
    // While `onGap` is pending, nothing is open that could freeze.
    if (this.isClosed || this.isPaused('gap')) return
    this.#disconnect()
    this.#setStatus({ state: 'paused', reason })
  }

  /** Starts a pending attempt now, or at the time the server named. */
  expedite(): void {
    if (this.#isPending) this.#resume(0)
  }

  onFreeze(): void {
    this.pause('frozen')
  }

  onWake(): void {
    this.expedite()
  }

  /** The network is back. Jitter keeps the feeds of many pages from reconnecting in the same moment. */
  onOnline(): void {
    // With an id the stream resumes exactly: a new connection is better than one that may be dead.
    const isStale = this.status.state === 'open' && this.#receiver.lastEventId !== ''
    const { jitterMs } = this.#settings.reconnect ?? DEFAULT_RECONNECT
    if (isStale) this.#connectIn(Math.random() * jitterMs)
    else if (this.#isPending) this.#resume(Math.random() * jitterMs)
  }

  /** Records what the server said about the failure that ends this connection. */
  explain(error: SseError): void {
    if (this.#current) this.#current.serverError = error
  }

  listen(name: string): void {
    this.#current?.listen(name)
  }

  onOpen(attempt: Attempt): void {
    const { retry, token } = this.#settings
    if (retry.openIsProgress) attempt.hasProgressed = true
    if (token) token.isUsed = false
    this.#requestedWait = undefined
    this.#setStatus({ state: 'open' })
  }

  /** The transport reconnects by itself; its failures count all the same. */
  onWaiting(attempt: Attempt, error: SseError, retryAt: number | undefined): void {
    this.#countProgress(attempt)
    const { serverError } = attempt
    attempt.serverError = undefined
    if (this.#delayAfter(error) === undefined) this.close(serverError ?? error)
    else this.#wait(error, serverError, retryAt)
  }

  onEnd(attempt: Attempt, reason: SseError | EndReason): void {
    this.#countProgress(attempt)
    if (reason === 'no_content') this.close(this.#receiver.lastEventId === CONTROL.end ? 'ended' : reason)
    else if (reason === 'ended') this.close(attempt.serverError ?? reason)
    else this.fail(reason, attempt.serverError)
  }

  get #isPending(): boolean {
    const { state } = this.status
    if (state === 'connecting') return !this.#current // a start that is delayed
    return state === 'paused' ? !this.isPaused('gap') : state === 'waiting' && !this.#requestedWait
  }

  async #connect(): Promise<void> {
    const { transport, prepare, reconnect = DEFAULT_RECONNECT } = this.#settings
    const attempt = this.#begin()
    this.#requestedWait = undefined
    this.#setStatus({ state: 'connecting', attempt: this.#attempt })
    try {
      const prepared = prepare()
      // Without a promise, the attempt starts in this turn.
      const request = 'then' in prepared ? await prepared : prepared
      if (attempt.isOver) return
      const { lastEventId } = this.#receiver
      const eventNames = this.#receiver.eventNames()
      attempt.start(transport, { ...request, lastEventId, eventNames, prepare, reconnect })
    } catch (cause) {
      attempt.onEnd(toSseError(cause, 'The request failed'))
    }
  }

  /** Once in a row: if the fresh token is refused as well, the failure is final. */
  async #refreshToken(token: TokenRefresh): Promise<void> {
    const attempt = this.#begin()
    token.isUsed = true
    try {
      await token.refresh()
      if (!attempt.isOver) this.#connect()
    } catch (cause) {
      attempt.onEnd(toSseError(cause, 'The token refresh failed'))
    }
  }

  #delayAfter(error: SseError): number | undefined {
    return this.#settings.retry.delayMs(error, this.#attempt, this.retryMs)
  }

  #wait(cause: SseError, serverError: SseError | undefined, retryAt: number | undefined): void {
    const error = serverError ?? cause
    this.#attempt += 1
    const status: WaitingStatus = { state: 'waiting', attempt: this.#attempt, retryAt, error }
    this.#requestedWait = cause.retryAfterMs ? status : undefined
    this.#receiver.onFailure(error, retryAt)
    this.#showWaiting(status)
  }

  #showWaiting(status: WaitingStatus): void {
    this.#setStatus(isOffline() ? { state: 'paused', reason: 'offline' } : status)
  }

  /** Starts a pending attempt after a delay, or later if the server named a later time. */
  #resume(delayMs: number): void {
    const wait = this.#requestedWait
    const requestedMs = (wait?.retryAt ?? 0) - Date.now()
    if (!wait || requestedMs <= delayMs) return this.start(delayMs)
    this.#connectIn(requestedMs)
    this.#showWaiting(wait)
  }

  #countProgress(attempt: Attempt): void {
    if (attempt.hasProgressed) this.#attempt = 1
    attempt.hasProgressed = false
  }

  #connectIn(delayMs: number): void {
    clearTimeout(this.#timer)
    const connect = () => this.#connect()
    this.#timer = outsideZone(() => setTimeout(connect, Math.min(MAX_TIMER_MS, delayMs)))
  }

  #begin(): Attempt {
    this.#disconnect()
    const attempt = new Attempt(this, this.#receiver, this.#settings.idleTimeoutMs ?? Infinity)
    this.#current = attempt
    return attempt
  }

  #disconnect(): void {
    clearTimeout(this.#timer)
    this.#current?.close()
    this.#current = undefined
  }

  #setStatus(status: FeedStatus): void {
    if (this.isClosed) return
    this.status = status
    this.#receiver.onStatus(status)
  }
}

/** Returns `cause` if it is an `SseError` of any copy of the package, else a `network` error caused by it. */
export function toSseError(cause: unknown, message: string): SseError {
  return isSseError(cause) ? cause : new SseError('network', message, { cause })
}
