// The core of the hook packages.
export type { FeedStatus } from '../connection/status.ts'
export type { Connect } from '../feed/connect.ts'
export type { EventMeta, Feed, FeedPayloads, ListenableName, ListenablePayload } from '../feed/feed.ts'
export { RELEASE_DELAY_MS } from './connection-pool.ts'
export { type FeedPool, feedPool } from './feed-pool.ts'
export {
  type EventsOptions,
  eventsStore,
  type LatestOptions,
  type LatestPayload,
  latestEventStore,
  latestStore,
  type StatusSource,
  statusStore,
} from './feed-stores.ts'
export { CONNECTING, type PooledFeed } from './pooled-feed.ts'
export type { RecentEvent } from './recent-events.ts'
export { type Store, showStore } from './store.ts'
export type {
  StreamTarget,
  UseStreamArguments,
  UseStreamOptions,
  UseStreamOptionsFor,
} from './use-stream-options.ts'
