import { SseError } from '@sse/contract'
import type { FeedStatus, RunEnd } from '../connection/status.ts'
import type { EventMeta, Feed, FeedEvent, ListenableName, ListenablePayload } from '../feed/feed.ts'
import { compareRequests } from './compare-requests.ts'
import { type ConnectionPool, RELEASE_DELAY_MS } from './connection-pool.ts'
import type { PooledConnection } from './pooled-connection.ts'
import type { RecentEvent } from './recent-events.ts'
import type { StreamRequest } from './stream-request.ts'
import type { AnyOptions } from './use-stream-options.ts'

/** Status before the first connection; always the same object. */
export const CONNECTING: FeedStatus = { state: 'connecting', attempt: 1 }
const CLOSED: FeedStatus = { state: 'closed', reason: 'closed' }

/** Something that uses the connection: a listener, a loop. */
interface Use {
  readonly name?: string
  readonly listener?: unknown
  stop(): void
  /** Called when the component closes its feed. */
  onClose?(): void
}

/**
 * Feed of one component on a connection of a pool. Creating one opens nothing and keeps nothing, so that it can be
 * created while rendering, also on a server: the first listener or `retain()` connects.
 */
export class PooledFeed<Payloads> implements Feed<Payloads> {
  readonly #pool: ConnectionPool
  #request: StreamRequest
  /** Set while something is held. */
  #connection: PooledConnection | undefined
  #holds = 0
  #isClosed = false
  readonly #uses = new Set<Use>()

  constructor(pool: ConnectionPool, request: StreamRequest) {
    this.#pool = pool
    this.#request = request
  }

  /**
   * Returns whether this feed can take over a request of the same component. Functions that are new in every render
   * can be taken over, unless they request something else, or other components use the connection with theirs.
   */
  accepts(request: StreamRequest): boolean {
    if (request.key !== this.#request.key) return false
    const comparison = compareRequests(this.#request, request)
    if (comparison !== 'unknown') return comparison === 'same'
    return request.options.shareKey !== undefined || !this.#connection || this.#connection.users.size === 1
  }

  /** Takes over the options of an accepted request: their functions are called from now on. Never reconnects. */
  update(options: AnyOptions = {}): void {
    this.#request = { ...this.#request, options }
    if (this.#connection) this.#connection.request = this.#request
  }

  /**
   * Keeps the connection open, and opens it if there is none.
   *
   * @returns an idempotent function that releases it. The connection closes `RELEASE_DELAY_MS` after it was last used.
   * @throws {SseError} the same errors as `connect`.
   */
  retain(): () => void {
    if (this.#isOff) return () => {}
    this.#connection ??= this.#pool.join(this, this.#request)
    this.#holds += 1
    let isHeld = true
    return () => {
      if (isHeld) this.#release()
      isHeld = false
    }
  }

  on<Name extends (keyof Payloads & string) | 'gap'>(
    name: Name,
    listener: (payload: ListenablePayload<Payloads, Name>, meta: EventMeta) => void,
  ): () => void {
    // A function per call: the same listener may be added by two components.
    return this.#use(
      (connection) => connection.on(name, (payload, meta) => listener(payload as never, meta)),
      {
        name,
        listener,
      },
    )
  }

  off<Name extends (keyof Payloads & string) | 'gap'>(
    name: Name,
    listener: (payload: ListenablePayload<Payloads, Name>, meta: EventMeta) => void,
  ): void {
    for (const use of [...this.#uses]) {
      if (use.name === name && use.listener === listener) use.stop()
    }
  }

  onStatus(listener: (status: FeedStatus) => void): () => void {
    return this.#use(({ feed }) => feed.onStatus((status) => listener(status)), {
      onClose: () => listener(CLOSED),
    })
  }

  /** Returns the newest event of that name since a component of this connection first listened to it. */
  latest<Name extends ListenableName<Payloads>>(
    name: Name,
  ): RecentEvent<ListenablePayload<Payloads, Name>> | undefined {
    const event = this.#current?.latest.get(name)
    return event as RecentEvent<ListenablePayload<Payloads, Name>> | undefined
  }

  get status(): FeedStatus {
    return this.#isOff ? CLOSED : (this.#current?.feed.status ?? CONNECTING)
  }

  get lastEventId(): string {
    return this.#current?.feed.lastEventId ?? ''
  }

  get retryMs(): number {
    return this.#current?.feed.retryMs ?? 0
  }

  get dropped(): number {
    return this.#current?.feed.dropped ?? 0
  }

  ack(id: string): Promise<void> {
    return this.#ask((feed) => feed.ack(id), 'ack')
  }

  stop(): Promise<RunEnd> {
    return this.#ask((feed) => feed.stop(), 'stop')
  }

  /** Connects again, for all components that use the connection. No effect on a feed this component has closed. */
  reopen(): void {
    this.#connection?.feed.reopen()
  }

  /** Closes this component's feed for good. The connection closes too, unless other components use it. */
  close(): void {
    const wasClosed = this.status.state === 'closed'
    const [connection, uses] = [this.#connection, [...this.#uses]]
    this.#isClosed = true
    this.#connection = undefined
    this.#holds = 0
    for (const use of uses) use.stop()
    if (connection) this.#pool.leave(this, connection, 0)
    for (const use of wasClosed ? [] : uses) runReported(() => use.onClose?.())
  }

  [Symbol.dispose](): void {
    this.close()
  }

  [Symbol.asyncIterator](): AsyncIterator<FeedEvent<Payloads>> {
    let events: AsyncIterator<FeedEvent<Payloads>> | undefined
    const stop = this.#use(({ feed }) => {
      const own = (feed as unknown as Feed<Payloads>)[Symbol.asyncIterator]()
      events = own
      return () => void own.return?.()
    }, {})
    const done = { done: true, value: undefined } as const
    return {
      async next() {
        try {
          const result = (await events?.next()) ?? done
          if (result.done) stop()
          return result
        } catch (error) {
          stop()
          throw error
        }
      },
      async return() {
        stop()
        return done
      },
    }
  }

  get #isOff(): boolean {
    return this.#isClosed || this.#request.options.enabled === false
  }

  /** Before anything is held: the connection that would be used. */
  get #current(): PooledConnection | undefined {
    if (this.#isOff) return undefined
    return this.#connection ?? this.#pool.find(this.#request)
  }

  /** Sends a request with the connection, which it keeps open until the answer. */
  #ask<Answer>(send: (feed: PooledConnection['feed']) => Promise<Answer>, name: string): Promise<Answer> {
    const release = this.retain()
    const closed = () =>
      Promise.reject(new SseError('network', `${name}: this feed is closed or not enabled`))
    const sent = this.#connection ? send(this.#connection.feed) : closed()
    sent.then(release, release)
    return sent
  }

  #use(start: (connection: PooledConnection) => () => void, about: Omit<Use, 'stop'>): () => void {
    const release = this.retain()
    const end = this.#connection ? start(this.#connection) : () => {}
    const use: Use = {
      ...about,
      stop: () => {
        if (!this.#uses.delete(use)) return
        end()
        release()
      },
    }
    if (!this.#isOff) this.#uses.add(use)
    return use.stop
  }

  #release(): void {
    if (this.#holds === 0) return
    this.#holds -= 1
    if (this.#holds > 0 || !this.#connection) return
    this.#pool.leave(this, this.#connection, RELEASE_DELAY_MS)
    this.#connection = undefined
  }
}

/** Calls the app's code. An error it throws is reported. */
function runReported(call: () => void): void {
  try {
    call()
  } catch (error) {
    const report = globalThis.reportError ?? console.error
    report(error)
  }
}
