import type { FeedStatus } from '../connection/status.ts'
import type { Connect, ConnectOptions } from '../feed/connect.ts'
import type { EventMeta, Feed } from '../feed/feed.ts'
import type { RecentEvent } from './recent-events.ts'
import type { StreamRequest } from './stream-request.ts'
import type { AnyOptions } from './use-stream-options.ts'

type Callback = (...args: unknown[]) => unknown

/** One connection of a pool. */
export class PooledConnection {
  readonly feed: Feed<Record<string, unknown>>
  /** Newest event of each name that was ever listened to, for components that mount later. */
  readonly latest: Map<string, RecentEvent<unknown> | undefined> = new Map()
  readonly users: Set<object> = new Set()
  /** Request of the user that updated last: its functions are called. */
  request: StreamRequest
  timer: ReturnType<typeof setTimeout> | undefined

  /** @throws {SseError} the same errors as `connect`. */
  constructor(connect: Connect, request: StreamRequest) {
    this.request = request
    const open = connect as unknown as (target: unknown, options: ConnectOptions) => typeof this.feed
    this.feed = open(request.target, this.#withLatestFunctions(request.options))
  }

  /** Returns whether nothing can use it any more. */
  get isSpent(): boolean {
    return this.users.size === 0 && this.feed.status.state === 'closed'
  }

  on(name: string, listener: (payload: unknown, meta: EventMeta) => void): () => void {
    if (!this.latest.has(name)) {
      this.latest.set(name, undefined)
      this.feed.on(name, (payload, meta) => this.latest.set(name, { ...meta, payload }))
    }
    return this.feed.on(name, listener as never)
  }

  onStatus(listener: (status: FeedStatus) => void): () => void {
    return this.feed.onStatus(listener)
  }

  /** Functions are looked up when they are called, so that a rendered component's latest callback runs. */
  #withLatestFunctions(options: AnyOptions): ConnectOptions {
    const wrapped = Object.entries(options).map(([name, value]) => [
      name,
      typeof value === 'function' && name !== 'transport'
        ? (...args: unknown[]) => (this.request.options as Record<string, Callback>)[name]?.(...args)
        : value,
    ])
    return Object.fromEntries(wrapped)
  }
}
