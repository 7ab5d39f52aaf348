import type { ControlEncoder } from '../dialects/control-encoder.ts'
import type { RunOutcome } from '../runs/run-state.ts'
import type { Sink } from './sink.ts'

/** Reason of a close as its client gets it: an error, or the delay until it reconnects, in milliseconds. */
export type CloseNotice = 'error' | number

/** A connection, as its sender and a hub see it. */
export interface ConnectionHandle {
  /** Path of the stream, for messages. */
  readonly path: string
  /** Interval of heartbeats, in milliseconds. `Infinity`: none. */
  readonly heartbeatMs: number
  /** Reconnection delay that was sent to the client, in milliseconds; `undefined` if none was. */
  readonly retryMs: number | undefined
  /** When the request arrived, before `authorize` was called, by `performance.now()`. */
  readonly arrivedAt: number
  /** Last event id the request carried; `undefined` without one. */
  readonly lastEventId: string | undefined
  /** Id of the identity that `authorize` returned; `undefined` for an anonymous client. */
  readonly identity: string | undefined
  /** When the identity expires, in milliseconds since 1970. `Infinity`: never. */
  expiresAt: number
  /** Whether the response has started. */
  readonly isStarted: boolean
  readonly isClosed: boolean
  /** Encodes what the stream sends besides its events. */
  readonly control: ControlEncoder
  /** An event, not only what the stream sends besides, was passed to the response. */
  eventSent(): void
  /** Ends the response cleanly: the source has finished. `end` says how a run did. */
  end(end: RunOutcome | undefined): void
  /** Ends the response because of an error, which is reported and sent to the client. */
  fail(error: unknown): void
  /** Reports an error to `onError`, unless it is only the connection's own abort reason. */
  report(error: unknown): void
  /** Closes the connection from outside. With `notice`, the response ends cleanly after it. */
  close(reason: Error, notice?: CloseNotice): void
  /** Cuts off a response that is ending. Drops what it has not sent yet. */
  destroy(): void
  /** Calls `watcher.closed` once the response is closed by either side, at once if it already is. */
  onClosed(watcher: ClosedWatcher): void
}

/** Receiver of `onClosed`. An object rather than a function: one serves many connections. */
export interface ClosedWatcher {
  closed(handle: ConnectionHandle): void
}

/** Fills a connection: the pump of a generator, or a cursor on a hub's log. */
export interface Sender {
  /** Resolves when the response may start. A rejection becomes an HTTP status. */
  readonly ready: PromiseLike<void> | undefined
  /**
   * Resolves once the sender knows that it can serve the client; a rejection becomes an HTTP status. The response does not
   * start before, however long it takes. Default: it knows at once.
   */
  readonly decided?: PromiseLike<void> | undefined
  /** Called after the headers: writes `preamble`, then the sender's own frames. */
  start(sink: Sink, preamble: string): void
  /** The sink has room again. */
  drained(): void
  /**
   * Called once, when the connection is over. With `lastFrame`, writes what is pending, then `lastFrame`, and ends
   * the sink. Without it, drops what is pending and writes nothing more.
   *
   * @returns whether the sender had been started.
   */
  stop(lastFrame?: string): boolean
}

/** A source that fills a connection itself instead of being iterated: the result of `hub.subscribe()`. */
export interface OpenableSource {
  /** Named so that no other source has it and a second copy of this package recognises it. */
  '@sse/open'(handle: ConnectionHandle): Sender
}

/** A hub, as the option `hub` of a generator stream: it counts the connection, limits it and drains it. */
export interface ConnectionAdmitter {
  /** @throws {SseError} `too_many_connections`, `draining`: the request is answered with 503. */
  '@sse/admit'(handle: ConnectionHandle): void
}

/** Returns whether a source fills its connection itself. */
export function isOpenable(source: unknown): source is OpenableSource {
  return typeof source === 'object' && source !== null && '@sse/open' in source
}
