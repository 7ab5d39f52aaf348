import type { Sink } from './sink.ts'

/** A connection as its sender knows it. */
export interface Host {
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
  /** Calls `task` once the response is closed, by either side; at once if it is. */
  onGone(task: () => void): void
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

/** The key of a source that is not iterated but opened: it gives a sender of its own. */
export const OPEN: unique symbol = Symbol.for('@sse/server/open')

/** A hub's subscription. */
export interface OpenableSource {
  [OPEN](host: Host): Sender
}

export function isOpenable(source: unknown): source is OpenableSource {
  return typeof source === 'object' && source !== null && OPEN in source
}
