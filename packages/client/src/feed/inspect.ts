/**
 * What an inspector, such as `@sse/devtools`, reads of a feed. Types only, apart from the registration of feeds.
 *
 * @module
 */
import type { StreamContract } from '@sse/contract'
import type { Transport, TransportNote } from '../transport/transport.ts'
import type { Feed, InvalidEvent } from './feed.ts'

/** Receives what a feed does, in addition to its status. Must not throw. */
export interface FeedProbe {
  /** Each event before it is decoded, including the control events `sse.*`; its id is `feed.lastEventId`. */
  message(event: string, data: string): void
  /** An event that has a listener and does not match its schema. */
  invalid(invalid: InvalidEvent): void
  /** What a transport reports about itself. */
  note(note: TransportNote): void
}

export interface InspectableFeed extends Feed<Record<string, unknown>> {
  /** Set by an inspector. */
  probe?: FeedProbe | undefined
  /** The newest note, for an inspector that is opened later. */
  note?: TransportNote | undefined
}

/** How a feed was created. */
export interface FeedOrigin {
  readonly url: string
  readonly method: string
  /** Names only, so that no script on the page can read tokens here; `undefined` if a function makes the headers. */
  readonly headerNames: readonly string[] | undefined
  readonly contract: StreamContract | undefined
  readonly transport: Transport
}

/**
 * Key of the open feeds of all copies of this package on a page: a `Map` from feed to `FeedOrigin`. An inspector reads
 * it, and replaces its `set` to learn of later feeds.
 */
const LIVE_FEEDS: unique symbol = Symbol.for('@sse/feeds') as never

/** @internal Registers a feed while it is not closed. Costs nothing per event: an inspector sets the feed's `probe`. */
export function makeInspectable(feed: InspectableFeed, origin: FeedOrigin): void {
  const realm = globalThis as { [LIVE_FEEDS]?: Map<InspectableFeed, FeedOrigin> }
  realm[LIVE_FEEDS] ??= new Map()
  const feeds = realm[LIVE_FEEDS]
  feeds.set(feed, origin)
  feed.onStatus(({ state }) => {
    if (state === 'closed') feeds.delete(feed)
    else if (!feeds.has(feed)) feeds.set(feed, origin) // reopened
  })
}
