import type { FeedStatus } from '../connection/status.ts'
import type { Feed, ListenableName, ListenablePayload } from '../feed/feed.ts'
import type { PooledFeed } from './pooled-feed.ts'
import { type RecentEvent, recentEvents } from './recent-events.ts'
import type { Store } from './store.ts'

/** Options of `useLatest`. */
export interface LatestOptions<Payload> {
  /** Payload before the first event, such as the state rendered by the server. Default `undefined`. */
  initial?: Payload
}

/** Result of `useLatest`: with `initial` there is always a payload. */
export type LatestPayload<Payload, Options> = Options extends { initial: Payload }
  ? Payload
  : Payload | undefined

/** Options of `useEvents`. */
export interface EventsOptions {
  /** Maximum number of events, the newest. Default 100. */
  limit?: number
}

/** What `useStreamStatus` needs of a feed. */
export type StatusSource = Pick<Feed<unknown>, 'onStatus' | 'status'>

/** Feed of `connect` or of a pool. Named both: TypeScript does not infer the payloads of a bare URL from a subtype. */
type AnyFeed<Payloads> = Feed<Payloads> | PooledFeed<Payloads>

export function statusStore(feed: StatusSource): Store<FeedStatus> {
  return { get: () => feed.status, subscribe: (onChange) => feed.onStatus(() => onChange()) }
}

/** Returns a store of the newest event of a name, beginning with what other components received. */
export function latestEventStore<Payloads, Name extends ListenableName<Payloads>>(
  feed: AnyFeed<Payloads>,
  name: Name,
): Store<RecentEvent<ListenablePayload<Payloads, Name>> | undefined> {
  // Only a pooled feed remembers the newest event, for components that mount later.
  const first = 'latest' in feed ? feed.latest(name) : undefined
  const { get, subscribe } = recentEvents<ListenablePayload<Payloads, Name>>(
    (listener) => feed.on(name, listener),
    1,
    first,
  )
  return { get: () => get()[0], subscribe }
}

/** Returns a store of the newest payload of a name. */
export function latestStore<
  Payloads,
  Name extends ListenableName<Payloads>,
  Options extends LatestOptions<ListenablePayload<Payloads, Name>>,
>(
  feed: AnyFeed<Payloads>,
  name: Name,
  options: Options | undefined,
): Store<LatestPayload<ListenablePayload<Payloads, Name>, Options>> {
  const { get, subscribe } = latestEventStore<Payloads, Name>(feed, name)
  const payload = () => {
    const event = get()
    return event ? event.payload : options?.initial
  }
  return { get: payload as never, subscribe }
}

/** Returns a store of the newest `limit` events of a name, oldest first. */
export function eventsStore<Payloads, Name extends ListenableName<Payloads>>(
  feed: AnyFeed<Payloads>,
  name: Name,
  limit = 100,
): Store<readonly RecentEvent<ListenablePayload<Payloads, Name>>[]> {
  return recentEvents((listener) => feed.on(name, listener), limit)
}
