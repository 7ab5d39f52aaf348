import type { FeedStatus } from '../connection/status.ts'
import type { Feed, ListenableName, ListenablePayload } from '../feed/feed.ts'
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

/** Feed that remembers the newest event of each name for components that mount later. */
type RememberingFeed<Payloads> = Feed<Payloads> & {
  latest?<Name extends ListenableName<Payloads>>(
    name: Name,
  ): RecentEvent<ListenablePayload<Payloads, Name>> | undefined
}

export function statusStore(feed: StatusSource): Store<FeedStatus> {
  return { get: () => feed.status, subscribe: (onChange) => feed.onStatus(() => onChange()) }
}

/** Returns a store of the newest event of a name, beginning with what other components received. */
export function latestEventStore<Payloads, Name extends ListenableName<Payloads>>(
  feed: Feed<Payloads>,
  name: Name,
): Store<RecentEvent<ListenablePayload<Payloads, Name>> | undefined> {
  const first = (feed as RememberingFeed<Payloads>).latest?.(name)
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
  feed: Feed<Payloads>,
  name: Name,
  options: Options | undefined,
): Store<LatestPayload<ListenablePayload<Payloads, Name>, Options>> {
  const { get, subscribe } = latestEventStore(feed, name)
  const payload = () => {
    const event = get()
    return event ? event.payload : options?.initial
  }
  return { get: payload as never, subscribe }
}

/** Returns a store of the newest `limit` events of a name, oldest first. */
export function eventsStore<Payloads, Name extends ListenableName<Payloads>>(
  feed: Feed<Payloads>,
  name: Name,
  limit = 100,
): Store<readonly RecentEvent<ListenablePayload<Payloads, Name>>[]> {
  return recentEvents((listener) => feed.on(name, listener), limit)
}
