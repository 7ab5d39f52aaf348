import type { Sink } from './sink.ts'

/** A connection as its sender knows it. */
export interface ConnectionHandle {
  /** The stream's path, for messages. */
  readonly path: string
  readonly heartbeatMs: number
  readonly isClosed: boolean
  /** Ends the response cleanly, with the last bytes to write. */
  end(lastFrame: string): void
  /** Ends it because of an error, which the client is told of. */
  fail(error: unknown): void
  /** Tells the developer of an error, unless it is only the abort coming back. */
  report(error: unknown): void
  /** Ends it from outside. */
  close(reason: Error, lastFrame?: string): void
  /** Cuts off a response that is ending, and drops what it has not sent yet. */
  destroy(): void
  /** Tells `watcher` once the response is closed, by either side; at once if it is. */
  watch(watcher: Watcher): void
}

/** Whoever wants to know that a response is closed. An object, not a function: there is one for many connections. */
export interface Watcher {
  gone(host: ConnectionHandle): void
}

/** What fills a connection: the pump of a generator, or a cursor on a hub's log. */
export interface Sender {
  /** Settles when the response may start: rejects with what becomes an HTTP status. */
  readonly ready: PromiseLike<void> | undefined
  /** The headers are out: writes `preamble`, then its own. */
  start(sink: Sink, preamble: string): void
  /** The sink has room again. */
  drained(): void
  /**
   * The connection is over: with `lastFrame` the sender writes what it still has, then that, and ends the sink;
   * without, it writes nothing any more. Called once.
   *
   * @returns whether the sender had the sink.
   */
  stop(lastFrame?: string): boolean
}

/** What a hub's subscription is to a connection: not iterated but opened, for a sender of its own. */
export interface OpenableSource {
  /** By a name that no other source has, and that a second copy of this package knows too. */
  '@sse/open'(host: ConnectionHandle): Sender
}

export function isOpenable(source: unknown): source is OpenableSource {
  return typeof source === 'object' && source !== null && '@sse/open' in source
}
