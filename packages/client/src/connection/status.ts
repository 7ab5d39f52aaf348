import type { SseError } from '@sse/contract'

/** State of a feed. Every change is a new object; a status is never mutated. `end` is readable in every state. */
export type FeedStatus =
  /** A request is in flight. `attempt` counts from 1 since the last event. */
  | { readonly state: 'connecting'; readonly attempt: number; readonly end?: undefined }
  /** The server answered with an event stream. */
  | { readonly state: 'open'; readonly end?: undefined }
  /**
   * The last attempt failed with `error`. The next one starts at `retryAt`, in milliseconds since the epoch, or at
   * a time only the transport knows (`undefined`).
   */
  | {
      readonly state: 'waiting'
      readonly attempt: number
      readonly retryAt: number | undefined
      readonly error: SseError
      readonly end?: undefined
    }
  /** Nothing is open. The feed resumes by itself at its last event id. */
  | { readonly state: 'paused'; readonly reason: PauseReason; readonly end?: undefined }
  /**
   * Nothing reconnects: the stream has ended, the server answered 204 No Content (`no_content`), `close()` was called,
   * or the signal aborted. `end` is set at the end of a run.
   */
  | {
      readonly state: 'closed'
      readonly reason: EndReason | 'closed' | 'aborted'
      readonly end?: RunEnd | undefined
    }
  /** Nothing reconnects: the feed gave up because of `error`. */
  | {
      readonly state: 'closed'
      readonly reason: 'error'
      readonly error: SseError
      readonly end?: undefined
    }

/** How a run ended, as its server said with `sse.end`. */
export interface RunEnd {
  /** `completed`, `failed`, `stopped` or `lost`; another text from a server of a later version. */
  readonly status: 'completed' | 'failed' | 'stopped' | 'lost' | (string & {})
  /** Code of the error of a run that failed. */
  readonly code?: string
  /** Message of that error. */
  readonly message?: string
}

/**
 * Why a server ended a stream for good: `ended` with `sse.end` or the end of a response, `no_content` with the status
 * 204. A 204 that follows `sse.end`, such as after a reload, is `ended`.
 */
export type EndReason = 'ended' | 'no_content'

/**
 * What a paused feed waits for: the network (`offline`), the page to come back from the back-forward cache or to be
 * resumed (`frozen`), or `onGap` to settle (`gap`).
 */
export type PauseReason = 'offline' | 'frozen' | 'gap'
