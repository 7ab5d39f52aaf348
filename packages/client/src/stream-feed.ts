import { CONTROL, SseError, type StreamContract } from '@sse/contract'
import { decodeEvent, decodeServerError } from './decode-event.ts'
import { EventQueue } from './event-queue.ts'
import type { EventMeta, InvalidEvent } from './feed.ts'
import type { FeedProbe, InspectableFeed } from './inspect.ts'
import { canHeal, type ReconnectOptions, reconnectDelay } from './reconnect.ts'
import { sendAck } from './send-ack.ts'
import type { FeedStatus } from './status.ts'
import type { PreparedRequest, Transport, TransportHandle, TransportNote } from './transport.ts'

export interface FeedSettings {
  contract: StreamContract | undefined
  transport: Transport
  reconnect: Required<ReconnectOptions>
  lastEventId?: string
  /** Asked before each attempt, so that a token can be fresh. */
  prepare: () => Promise<PreparedRequest>
  onInvalid?: (event: InvalidEvent) => void
  onError?: (error: unknown) => void
}

type Listener = (payload: never, meta: EventMeta) => void
type AnyEvent = { event: string; payload: unknown; id: string }

/** The one implementation of `Feed`. */
export class StreamFeed implements InspectableFeed {
  declare probe?: FeedProbe
  declare note?: TransportNote
  readonly #settings: FeedSettings
  readonly #listeners = new Map<string, Set<Listener>>()
  readonly #statusListeners = new Set<(status: FeedStatus) => void>()
  readonly #queues = new Set<EventQueue<AnyEvent>>()
  #status: FeedStatus = { state: 'connecting', attempt: 1 }
  #lastEventId: string
  #attempt = 1
  #retryMs = 0
  #handle: TransportHandle | undefined
  #timer: ReturnType<typeof setTimeout> | undefined
  /** What the server said in `sse.error`, until the connection it ended is over. */
  #serverError: SseError | undefined

  /** The newest id to acknowledge, until the server has it. */
  #ackId: string | undefined
  #acking: Promise<void> | undefined

  constructor(settings: FeedSettings) {
    this.#settings = settings
    this.#lastEventId = settings.lastEventId ?? ''
    // Not in this turn: listeners added after `connect()` miss nothing, a failure included.
    queueMicrotask(() => this.#connect())
  }

  get status(): FeedStatus {
    return this.#status
  }

  get lastEventId(): string {
    return this.#lastEventId
  }

  on(name: string, listener: Listener): () => void {
    const listeners = this.#listeners.get(name) ?? new Set()
    this.#listeners.set(name, listeners.add(listener))
    this.#handle?.listen?.(name)
    return () => this.off(name, listener)
  }

  off(name: string, listener: Listener): void {
    this.#listeners.get(name)?.delete(listener)
  }

  onStatus(listener: (status: FeedStatus) => void): () => void {
    this.#statusListeners.add(listener)
    return () => this.#statusListeners.delete(listener)
  }

  ack(id: string): Promise<void> {
    this.#ackId = id
    this.#acking ??= this.#sendAcks().finally(() => {
      this.#acking = undefined
    })
    // Nobody has to look: it was reported, and what can heal is sent again.
    this.#acking.catch(nowhere)
    return this.#acking
  }

  close(): void {
    this.finish('closed')
  }

  [Symbol.dispose](): void {
    this.close()
  }

  [Symbol.asyncIterator](): AsyncIterator<AnyEvent & never> {
    const queue = new EventQueue<AnyEvent>(() => this.#queues.delete(queue))
    this.#queues.add(queue)
    if (this.#isClosed) queue.finish(failure(this.#status))
    return queue as AsyncIterator<AnyEvent & never>
  }

  /** Ends the feed with the reason its status then shows. */
  finish(reason: 'closed' | 'aborted' | 'ended' | SseError): void {
    if (this.#isClosed) return
    clearTimeout(this.#timer)
    this.#handle?.close()
    this.#handle = undefined
    this.#setStatus({ state: 'closed', reason })
    const error = failure(this.#status)
    // A loop throws it; without one, nobody may be looking.
    if (error) this.#report(error, this.#queues.size > 0 ? nowhere : console.error)
    for (const queue of [...this.#queues]) queue.finish(error)
  }

  /** One at a time, and the newest only: acknowledgements are cumulative. */
  async #sendAcks(): Promise<void> {
    while (this.#ackId !== undefined) {
      const request = await this.#settings.prepare()
      const id = this.#ackId
      this.#ackId = undefined
      try {
        await sendAck(request, id)
      } catch (error) {
        if (canHeal(error as SseError)) this.#ackId ??= id
        this.#report(error, nowhere)
        throw error
      }
    }
  }

  async #connect(): Promise<void> {
    if (this.#isClosed) return
    this.#setStatus({ state: 'connecting', attempt: this.#attempt })
    const { contract, transport, prepare } = this.#settings
    try {
      const request = await prepare()
      if (this.#isClosed) return
      const eventNames = [...Object.keys(contract?.events ?? {}), ...this.#listeners.keys()]
      this.#handle = transport(
        { ...request, lastEventId: this.#lastEventId, eventNames },
        {
          onOpen: () => {
            this.#setStatus({ state: 'open' })
            if (this.#ackId !== undefined) this.ack(this.#ackId)
          },
          onId: (id) => {
            // What follows a `close()` in a listener was not seen by the app.
            if (!this.#isClosed) this.#lastEventId = id
          },
          onRetry: (retryMs) => {
            this.#retryMs = retryMs
          },
          onMessage: (event, data) => this.#onMessage(event, data),
          onWaiting: (reason) => this.#setWaiting(reason, undefined),
          onEnd: (reason) => this.#onEnd(reason),
          onNote: (note) => {
            this.note = note
            this.probe?.note(note)
          },
        },
      )
    } catch (cause) {
      // The headers could not be made, or the transport can't carry this request.
      const isKnown = cause instanceof SseError
      this.#onEnd(isKnown ? cause : new SseError('network', 'The request failed', { cause }))
    }
  }

  get #isClosed(): boolean {
    return this.#status.state === 'closed'
  }

  #onMessage(event: string, data: string): void {
    if (this.#isClosed) return
    this.probe?.message(event, data)
    if (event === CONTROL.end) return this.finish('ended')
    if (event === CONTROL.error) {
      this.#serverError = decodeServerError(data)
      return
    }
    // Progress: the next failure is a first one. A greeting is none: a server may fall over right after it.
    if (event !== CONTROL.open) this.#attempt = 1
    const name = event === CONTROL.gap ? 'gap' : event
    if (!this.#listeners.get(name)?.size && !this.#queues.size) return // nothing is parsed for nobody
    const decoded = decodeEvent(this.#settings.contract, event, data)
    if (decoded?.ok) this.#dispatch(decoded.name, decoded.payload)
    else if (decoded) this.#onInvalid({ event, data, id: this.#lastEventId, error: decoded.error })
  }

  #onInvalid(invalid: InvalidEvent): void {
    this.probe?.invalid(invalid)
    const { onInvalid } = this.#settings
    if (onInvalid) this.#call(() => onInvalid(invalid))
    else this.#report(invalid.error)
  }

  #dispatch(event: string, payload: unknown): void {
    const meta: EventMeta = { event, id: this.#lastEventId }
    for (const listener of this.#listeners.get(event) ?? []) {
      this.#call(() => listener(payload as never, meta))
      if (this.#isClosed) return
    }
    for (const queue of this.#queues) queue.push({ event, payload, id: meta.id })
  }

  #onEnd(reason: SseError | 'ended'): void {
    if (this.#isClosed) return
    this.#handle = undefined
    if (reason === 'ended' || !canHeal(reason)) return this.finish(reason)
    const { reconnect } = this.#settings
    if (this.#attempt > reconnect.maxAttempts) return this.finish(this.#serverError ?? reason)
    const delay = reconnectDelay(this.#attempt, this.#retryMs, reconnect, Math.random())
    this.#attempt += 1
    this.#timer = setTimeout(() => this.#connect(), delay)
    this.#setWaiting(reason, Date.now() + delay)
  }

  #setWaiting(reason: SseError, retryAt: number | undefined): void {
    const why = this.#serverError ?? reason
    this.#serverError = undefined
    if (why.code !== 'dropped') this.#report(why, nowhere)
    this.#setStatus({ state: 'waiting', attempt: this.#attempt, retryAt, reason: why })
  }

  #setStatus(status: FeedStatus): void {
    if (this.#isClosed) return
    this.#status = status
    for (const listener of this.#statusListeners) this.#call(() => listener(status))
  }

  /** The app's code: what it throws is reported, and the stream goes on. */
  #call(task: () => void): void {
    try {
      task()
    } catch (error) {
      this.#report(error)
    }
  }

  /** To `onError`, else to `fallback`: by default where the platform shows uncaught errors. */
  #report(
    error: unknown,
    fallback: (error: unknown) => void = globalThis.reportError ?? console.error,
  ): void {
    try {
      ;(this.#settings.onError ?? fallback)(error)
    } catch (thrown) {
      console.error(thrown)
    }
  }
}

/** For what `status` shows already. */
const nowhere = (): void => {}

function failure(status: FeedStatus): SseError | undefined {
  return status.state === 'closed' && typeof status.reason === 'object' ? status.reason : undefined
}
