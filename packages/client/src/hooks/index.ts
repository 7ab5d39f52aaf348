// What the hooks of all frameworks stand on.
export { type RecentEvent, type RecentEvents, recentEvents } from './recent-events.ts'
export {
  CONNECTING,
  type FeedSource,
  RELEASE_DELAY_MS,
  type SharedArguments,
  SharedFeed,
  type SharedOptions,
  type SharedOptionsFor,
  shareFeed,
  shareKey,
} from './shared-feeds.ts'
