import type { StreamContract } from '@sse/contract'
import type { Transport, TransportNote } from '../transport/transport.ts'
import type { Feed, InvalidEvent } from './feed.ts'

/** What an inspector, such as `@sse/devtools`, hears of a feed beside its status. It must not throw. */
export interface FeedProbe {
  /** Each event before it is decoded, the control events `sse.*` too; its id is `feed.lastEventId`. */
  message(event: string, data: string): void
  /** An event that somebody listens to, and its schema refuses. */
  invalid(invalid: InvalidEvent): void
  /** What a transport tells of itself. */
  note(note: TransportNote): void
}

export interface InspectableFeed extends Feed<Record<string, unknown>> {
  /** Set by an inspector; nobody else calls or reads it. */
  probe?: FeedProbe | undefined
  /** The newest note, for an inspector that comes later. */
  note?: TransportNote | undefined
}

/** How a feed was asked for. */
export interface FeedOrigin {
  readonly url: string
  readonly method: string
  readonly headers: Readonly<Record<string, string>> | (() => unknown)
  readonly contract: StreamContract | undefined
  readonly transport: Transport
}

/**
 * Where every copy of this package on a page keeps the feeds that are not closed, as a `Map` from feed to
 * `FeedOrigin`. An inspector reads it, and puts its own `set` on it to hear of feeds to come.
 */
const LIVE_FEEDS: unique symbol = Symbol.for('@sse/feeds') as never

/** Costs nothing with each event: who inspects sets the feed's `probe`. */
export function makeInspectable(feed: InspectableFeed, origin: FeedOrigin): void {
  const realm = globalThis as { [LIVE_FEEDS]?: Map<InspectableFeed, FeedOrigin> }
  realm[LIVE_FEEDS] ??= new Map()
  const feeds = realm[LIVE_FEEDS]
  feeds.set(feed, origin)
  feed.onStatus(({ state }) => state === 'closed' && feeds.delete(feed))
}
