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
 * What a stream says besides the app's own events, for clients that know another protocol than this library's. Each
 * function returns plain events, and is called when there is something to say. What a function throws, or returns that
 * is no event, goes to `onError`, and nothing is written for it.
 */
export interface Dialect {
  /** Headers of the response, in addition to those of every stream. */
  readonly headers?: HeadersInit | undefined
  /**
   * Greets the client of a hub's stream.
   *
   * @param id - position that the stream starts from: a client that reconnects with it misses nothing.
   */
  open?(id: string): DialectEvents
  /**
   * Keeps a quiet connection alive. Called at most once for all of a hub's connections while nothing is published.
   * Default, and if it returns nothing: a comment. A connection that is still catching up always gets comments.
   *
   * @param id - position of a hub's stream; `undefined` for a generator and a run.
   */
  heartbeat?(id: string | undefined): DialectEvents
  /**
   * Says that the source has finished. The response ends after it.
   *
   * @param end - how a run ended, also one that failed; `undefined` for any other stream.
   */
  end?(end: RunOutcome | undefined): DialectEvents
  /**
   * Says that the stream has failed, or that its client lost its access. The response ends after it. Without an event
   * the response is cut off, so that it does not look complete.
   */
  error?(error: PublicError): DialectEvents
  /** Says that events are missing, or of a run that was started again, void. The stream continues. */
  gap?(gap: Gap, id: string): DialectEvents
  /**
   * Says that the server closes the connection although the stream continues: at its maximum age, when access expires,
   * when the process shuts down. The response ends after it.
   *
   * @param retryMs - when the client should reconnect, in milliseconds.
   */
  close?(reason: PublicError, retryMs: number): DialectEvents
}
