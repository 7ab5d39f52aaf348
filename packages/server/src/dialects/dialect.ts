import type { Gap } from '@sse/contract'
import type { RunOutcome } from '../runs/run-state.ts'
import type { UntypedEvent } from '../stream/source.ts'

/** What a client may see of an error: code and message of an exposed `SseError`, else `internal`. */
export interface PublicError {
  readonly code: string
  readonly message: string
}

/** One or more events to write. `undefined` or an empty array: none. */
export type DialectEvents = UntypedEvent | readonly UntypedEvent[] | undefined

/**
 * What a stream sends besides the app's events, for clients that know another protocol than this library's. Each function
 * returns plain events to write. What a function throws, or returns that is no event, is reported to `onError`, and
 * counts as nothing returned.
 */
export interface Dialect {
  /** Headers of the response, in addition to those of every stream. */
  readonly headers?: HeadersInit | undefined
  /**
   * Returns the first events of a hub's stream. Default: none.
   *
   * @param id - position that the stream starts from: a client that reconnects with it misses nothing.
   */
  open?(id: string): DialectEvents
  /**
   * Returns the heartbeat of a quiet connection. Called once for all of a hub's connections while nothing is published.
   * Default, and if it returns nothing: a comment. A connection that is catching up always gets comments.
   *
   * @param id - position of a hub's stream; `undefined` for a generator and a run.
   */
  heartbeat?(id: string | undefined): DialectEvents
  /**
   * Returns the events for the end of the source. The response ends after them. Default: none.
   *
   * @param end - how a run ended, also one that failed; `undefined` for any other stream.
   */
  end?(end: RunOutcome | undefined): DialectEvents
  /**
   * Returns the events for a failure, or for a client whose access ended. The response ends after them. Default, and if
   * it returns nothing: the response is cut off, so that it does not look complete.
   */
  error?(error: PublicError): DialectEvents
  /**
   * Returns the events for a gap: events are missing or, of a run that was started again, void. The stream continues.
   * Default: none.
   */
  gap?(gap: Gap, id: string): DialectEvents
  /**
   * Returns the events for a connection that the server closes before the end of the stream: at its maximum age, when
   * access expires, when the process shuts down. The response ends after them. Default: none.
   *
   * @param retryMs - when the client should reconnect, in milliseconds.
   */
  close?(reason: PublicError, retryMs: number): DialectEvents
}
