import type { FeedOrigin, InspectableFeed } from '@sse/client/inspect'
import { FeedLog } from './feed-log.ts'
import type { Redact } from './redact.ts'

/** Maximum number of closed feeds kept, the newest. */
const MAX_CLOSED = 20

type LiveFeeds = Map<InspectableFeed, FeedOrigin>
/** Key of the feeds of all copies of `@sse/client` on a page; see its `inspect.ts`. */
const LIVE_FEEDS: unique symbol = Symbol.for('@sse/feeds') as never

/** Records every feed of the page, existing and later ones, without changing them. */
export class Recorder {
  /** `true` only counts events. Status changes are still recorded. */
  isPaused = false
  /** Called after every change, up to thousands of times a second: it must be fast. */
  onChange: () => void = () => {}
  readonly #redact: Redact
  #logs: FeedLog[] = []
  #stops = new Set<() => void>()

  constructor(redact: Redact) {
    this.#redact = redact
  }

  /** Records in the order their feeds were created. */
  get logs(): readonly FeedLog[] {
    return this.#logs
  }

  start(): void {
    if (this.#stops.size > 0) return
    const realm = globalThis as { [LIVE_FEEDS]?: LiveFeeds }
    realm[LIVE_FEEDS] ??= new Map()
    const feeds = realm[LIVE_FEEDS]
    for (const [feed, origin] of feeds) this.#follow(feed, origin)
    feeds.set = (feed, origin) => {
      this.#follow(feed, origin)
      return Map.prototype.set.call(feeds, feed, origin) as LiveFeeds
    }
    this.#stops.add(() => {
      feeds.set = Map.prototype.set
    })
  }

  /** Stops recording, and keeps what was recorded. */
  stop(): void {
    for (const stop of this.#stops) stop()
    this.#stops.clear()
  }

  /** Forgets closed feeds, and the entries of the others. */
  clear(): void {
    this.#logs = this.#logs.filter(({ status }) => status.state !== 'closed')
    for (const log of this.#logs) log.clear()
    this.onChange()
  }

  #follow(feed: InspectableFeed, origin: FeedOrigin): void {
    const log = new FeedLog(origin, feed.status, this.#redact)
    log.role = feed.note?.role
    this.#logs.push(log)
    const changed = () => this.onChange()
    feed.probe = {
      message: (event, data) => {
        log.onMessage(event, data, feed.lastEventId, !this.isPaused)
        changed()
      },
      invalid: (invalid) => {
        log.onInvalid(invalid, !this.isPaused)
        changed()
      },
      note: ({ role }) => {
        log.role = role
        changed()
      },
    }
    const unfollow = feed.onStatus((status) => {
      log.onStatus(status)
      if (status.state === 'closed') {
        this.#stops.delete(stop)
        stop()
        this.#forgetOldest()
      }
      changed()
    })
    const stop = (): void => {
      unfollow()
      feed.probe = undefined
    }
    this.#stops.add(stop)
    changed()
  }

  #forgetOldest(): void {
    const closed = this.#logs.filter(({ status }) => status.state === 'closed')
    const over = new Set(closed.slice(0, Math.max(0, closed.length - MAX_CLOSED)))
    this.#logs = this.#logs.filter((log) => !over.has(log))
  }
}
