import {
  CONTROL,
  type EventName,
  type Gap,
  type Payload,
  SseError,
  type StreamContract,
  validate,
} from '@sse/contract'
import { EventQueue } from './event-queue.ts'
import { canHeal, type ReconnectOptions, reconnectDelay } from './reconnect.ts'
import type { FeedStatus } from './status.ts'
import type { Transport, TransportHandle, TransportRequest } from './transport.ts'

/** Event names and what their listeners get: a contract's payloads, or for a bare URL the data as it came. */
export type FeedPayloads<Target> = Target extends StreamContract
  ? { [Name in EventName<Target>]: Payload<Target, Name> }
  : Record<string, string>

/** A name one can listen to: the stream's events, and `gap`. */
export type ListenableName<Payloads> = (keyof Payloads & string) | 'gap'

export type ListenablePayload<Payloads, Name> = Name extends 'gap'
  ? Gap
  : Name extends keyof Payloads
    ? Payloads[Name]
    : never

export interface EventMeta {
  readonly event: string
  /** The last event id when this event arrived; `''` while there is none. */
  readonly id: string
}

/** One event as `for await` gives it: switch on `event`, and `payload` has its type. */
export type FeedEvent<Payloads> = {
  [Name in ListenableName<Payloads>]: {
    readonly event: Name
    readonly payload: ListenablePayload<Payloads, Name>
    readonly id: string
  }
}[ListenableName<Payloads>]

/** An event whose data is not JSON or is refused by its schema. */
export interface InvalidEvent {
  readonly event: string
  readonly data: string
  readonly id: string
  /** `payload_invalid`, with what the schema or the JSON parser said. */
  readonly error: SseError
}

/** A stream being followed: connects, reconnects and resumes until it is closed or has ended. */
export interface Feed<Payloads> extends AsyncIterable<FeedEvent<Payloads>>, Disposable {
  /**
   * Calls `listener` for every event of that name, and `gap` when history did not reach back to where this
   * client was (refetch then). A listener that throws is reported; the others, and the stream, go on.
   *
   * @returns a function that stops it, as `off` and an aborted `signal` do.
   */
  on<Name extends (keyof Payloads & string) | 'gap'>(
    name: Name,
    listener: (payload: ListenablePayload<Payloads, Name>, meta: EventMeta) => void,
    options?: { signal?: AbortSignal },
  ): () => void
  off<Name extends (keyof Payloads & string) | 'gap'>(
    name: Name,
    listener: (payload: ListenablePayload<Payloads, Name>, meta: EventMeta) => void,
  ): void
  /** Where it stands now. */
  readonly status: FeedStatus
  /** Calls `listener` with each new status; returns a function that stops it. */
  onStatus(listener: (status: FeedStatus) => void): () => void
  /** The id a reconnect resumes after; `''` while there is none. */
  readonly lastEventId: string
  /** Ends it for good, at once. Closing twice is nothing. */
  close(): void
}

export interface FeedSettings {
  contract: StreamContract | undefined
  transport: Transport
  reconnect: Required<ReconnectOptions>
  lastEventId: string
  /** Asked before each attempt, so that a token can be fresh. */
  prepare: () => Promise<Omit<TransportRequest, 'lastEventId' | 'eventNames'>>
  onInvalid: ((event: InvalidEvent) => void) | undefined
  onError: ((error: unknown) => void) | undefined
}

type Listener = (payload: never, meta: EventMeta) => void
type AnyEvent = { event: string; payload: unknown; id: string }

/** The one implementation of `Feed`. */
export class StreamFeed implements Feed<Record<string, unknown>> {
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

  constructor(settings: FeedSettings) {
    this.#settings = settings
    this.#lastEventId = settings.lastEventId
    // Not in this turn: listeners added after `connect()` miss nothing, a failure included.
    queueMicrotask(() => this.#connect())
  }

  get status(): FeedStatus {
    return this.#status
  }

  get lastEventId(): string {
    return this.#lastEventId
  }

  on(name: string, listener: Listener, { signal }: { signal?: AbortSignal } = {}): () => void {
    const stop = () => {
      this.off(name, listener)
      signal?.removeEventListener('abort', stop)
    }
    if (signal?.aborted) return stop
    const listeners = this.#listeners.get(name) ?? new Set()
    this.#listeners.set(name, listeners.add(listener))
    this.#handle?.listen?.(name)
    signal?.addEventListener('abort', stop)
    return stop
  }

  off(name: string, listener: Listener): void {
    const listeners = this.#listeners.get(name)
    if (listeners?.delete(listener) && listeners.size === 0) this.#listeners.delete(name)
  }

  onStatus(listener: (status: FeedStatus) => void): () => void {
    this.#statusListeners.add(listener)
    return () => this.#statusListeners.delete(listener)
  }

  close(): void {
    this.finish('closed')
  }

  [Symbol.dispose](): void {
    this.close()
  }

  [Symbol.asyncIterator](): AsyncIterator<AnyEvent & never> {
    const queue = new EventQueue<AnyEvent>((over) => this.#queues.delete(over))
    this.#queues.add(queue)
    if (this.#status.state === 'closed') queue.finish(failure(this.#status))
    return queue as AsyncIterator<AnyEvent & never>
  }

  /** Ends the feed with the reason its status then shows. */
  finish(reason: 'closed' | 'aborted' | 'ended' | SseError): void {
    if (this.#status.state === 'closed') return
    clearTimeout(this.#timer)
    this.#handle?.close()
    this.#handle = undefined
    this.#setStatus({ state: 'closed', reason })
    const error = failure(this.#status)
    // A loop throws it; without one, nobody may be looking.
    if (error) this.#tell(error, this.#queues.size > 0 ? undefined : console.error)
    for (const queue of [...this.#queues]) queue.finish(error)
  }

  async #connect(): Promise<void> {
    if (this.#status.state === 'closed') return
    this.#setStatus({ state: 'connecting', attempt: this.#attempt })
    const { contract, transport, prepare } = this.#settings
    let request: Awaited<ReturnType<FeedSettings['prepare']>>
    try {
      request = await prepare()
    } catch (cause) {
      return this.#onEnd(new SseError('network', 'The headers for the request could not be made', { cause }))
    }
    if (this.isClosed) return
    const eventNames = [...Object.keys(contract?.events ?? {}), ...this.#listeners.keys()]
    try {
      this.#handle = transport(
        { ...request, lastEventId: this.#lastEventId, eventNames },
        {
          onOpen: () => this.#setStatus({ state: 'open' }),
          onId: (id) => {
            this.#lastEventId = id
          },
          onRetry: (retryMs) => {
            this.#retryMs = retryMs
          },
          onMessage: (event, data) => this.#onMessage(event, data),
          onWaiting: (reason) => this.#setWaiting(reason, undefined),
          onEnd: (reason) => this.#onEnd(reason),
        },
      )
    } catch (error) {
      // Only a transport that can't carry this request throws.
      this.finish(
        error instanceof SseError ? error : new SseError('network', String(error), { cause: error }),
      )
    }
  }

  get isClosed(): boolean {
    return this.#status.state === 'closed'
  }

  #onMessage(event: string, data: string): void {
    if (event === CONTROL.end) return this.finish('ended')
    if (event === CONTROL.error) return this.#onServerError(data)
    this.#attempt = 1 // progress: the next failure is a first one
    if (event === CONTROL.gap) return this.#dispatch('gap', parse(data))
    if (event.startsWith('sse.')) return // a control event of a later version
    if (!this.#listeners.has(event) && this.#queues.size === 0) return
    const { contract } = this.#settings
    if (!contract) return this.#dispatch(event, data)
    const schema = Object.hasOwn(contract.events, event) ? contract.events[event] : undefined
    if (!schema) return // an event of a later contract
    try {
      const checked = validate(schema, parse(data), event)
      if (checked.ok) return this.#dispatch(event, checked.value)
      this.#onInvalid(event, data, new SseError('payload_invalid', `Event "${event}": ${checked.summary}`))
    } catch (cause) {
      this.#onInvalid(
        event,
        data,
        new SseError('payload_invalid', `Event "${event}": ${String(cause)}`, { cause }),
      )
    }
  }

  #onInvalid(event: string, data: string, error: SseError): void {
    const { onInvalid } = this.#settings
    if (!onInvalid) return this.#report(error)
    this.#call(() => onInvalid({ event, data, id: this.#lastEventId, error }))
  }

  #onServerError(data: string): void {
    let said: { code?: unknown; message?: unknown } = {}
    try {
      said = Object(parse(data))
    } catch {}
    this.#serverError = new SseError(
      String(said.code ?? 'internal'),
      String(said.message ?? 'The server failed'),
    )
  }

  #dispatch(event: string, payload: unknown): void {
    const meta: EventMeta = { event, id: this.#lastEventId }
    for (const listener of this.#listeners.get(event) ?? []) {
      this.#call(() => listener(payload as never, meta))
      if (this.isClosed) return
    }
    for (const queue of this.#queues) queue.push({ event, payload, id: meta.id })
  }

  #onEnd(reason: SseError | 'ended'): void {
    this.#handle = undefined
    if (reason === 'ended' || !canHeal(reason)) return this.finish(reason)
    const { reconnect } = this.#settings
    const why = this.#serverError ?? reason
    this.#serverError = undefined
    if (this.#attempt > reconnect.maxAttempts) return this.finish(why)
    if (why.code !== 'dropped') this.#tell(why, undefined)
    const delay = reconnectDelay(this.#attempt, this.#retryMs, reconnect, Math.random())
    this.#attempt += 1
    this.#timer = setTimeout(() => this.#connect(), delay)
    this.#setWaiting(why, Date.now() + delay)
  }

  #setWaiting(reason: SseError, retryAt: number | undefined): void {
    this.#setStatus({ state: 'waiting', attempt: this.#attempt, retryAt, reason })
  }

  #setStatus(status: FeedStatus): void {
    if (this.isClosed) return
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

  /** What the app's code threw or could not read: to `onError`, else where the platform shows such errors. */
  #report(error: unknown): void {
    this.#tell(error, (globalThis as { reportError?: (error: unknown) => void }).reportError ?? console.error)
  }

  #tell(error: unknown, fallback: ((error: unknown) => void) | undefined): void {
    try {
      ;(this.#settings.onError ?? fallback)?.(error)
    } catch (thrown) {
      console.error(thrown)
    }
  }
}

function failure(status: FeedStatus): SseError | undefined {
  return status.state === 'closed' && typeof status.reason === 'object' ? status.reason : undefined
}

/** Empty data is how `undefined` is written. */
function parse(data: string): unknown {
  return data === '' ? undefined : JSON.parse(data)
}
