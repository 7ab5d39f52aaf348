import type { PayloadInput, StreamContract } from '@sse/contract'

/** How a run ended, as its stream and the answer to `feed.stop()` say. */
export interface FakeEnd {
  /** Real runs have `completed`, `failed`, `stopped` or `lost`. */
  readonly status: string
  /** Code of the error of a run that failed. */
  readonly code?: string
  /** Message of that error. */
  readonly message?: string
}

/** Controls one connection (`server.connections[0]`) or all open ones (`server`). */
export interface FakeStream<Contract extends StreamContract> {
  /**
   * Sends an event, with the checks of the real server. A connection that resumes before it receives it again: any
   * connection if it was sent by the server, those with the same URL if it was sent by a connection.
   *
   * @returns the event's id.
   * @throws {SseError} `event_unknown`, `payload_invalid`. Nothing is sent then.
   */
  send<Name extends keyof Contract['events'] & string>(
    name: Name,
    payload: PayloadInput<Contract, Name>,
  ): string
  /**
   * Sends an event without checks, as a server of another version may: any name, any JSON payload.
   *
   * @returns the event's id.
   */
  sendInvalid(name: string, payload: unknown): string
  /** Writes text as it is, in UTF-8: a comment, half an event, invalid JSON. It is not replayed. */
  raw(text: string): void
  /** Requests a reconnect delay in milliseconds, an integer. Sent by the server, also to later connections. */
  retry(ms: number): void
  /** Sends a heartbeat with the current id. One is also sent every `heartbeatMs`. */
  heartbeat(): void
  /**
   * Ends the stream: the client closes for good.
   *
   * @param end - how a run ended, which becomes `feed.status.end`. Later connections to its path get it at once, and
   *   `feed.stop()` resolves with it. Default: the stream is not one of a run.
   */
  end(end?: FakeEnd): void
  /** Fails the source: the client receives the error, and reconnects. Default `internal`, `Internal error`. */
  error(code?: string, message?: string): void
  /**
   * Breaks the connection after everything sent has arrived. Data held back by `stall` is lost, and replayed when the
   * client resumes.
   */
  drop(): void
  /**
   * Holds back everything, including heartbeats, without closing: a dead network.
   *
   * @returns an idempotent function that delivers what was held back, and continues.
   */
  stall(): () => void
}
