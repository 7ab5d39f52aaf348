import type { SseError } from '@sse/contract'

/** Where a feed stands. A new object with each change, never mutated. */
export type FeedStatus =
  /** A request is under way; `attempt` counts from 1 since the last event. */
  | { readonly state: 'connecting'; readonly attempt: number }
  /** The server has answered with an event stream. */
  | { readonly state: 'open' }
  /**
   * The next attempt comes at `retryAt` (milliseconds since the epoch; `undefined` when the transport
   * reconnects by its own clock), because of `reason`.
   */
  | {
      readonly state: 'waiting'
      readonly attempt: number
      readonly retryAt: number | undefined
      readonly reason: SseError
    }
  /**
   * Nothing is open, and it goes on by itself, where it was: when the network is back (`offline`), the page is
   * back from the back-forward cache or thawed (`frozen`), or `onGap` has settled (`gap`).
   */
  | { readonly state: 'paused'; readonly reason: PauseReason }
  /** For good: by `close()`, by the signal, because the stream has ended, or because of an error. */
  | { readonly state: 'closed'; readonly reason: 'closed' | 'aborted' | 'ended' | SseError }

export type PauseReason = 'offline' | 'frozen' | 'gap'
