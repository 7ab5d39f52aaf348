import type { PayloadInput, StreamContract } from '@sse/contract'

/** What can be made of one connection (`server.connections[0]`), or of all that are open (`server`). */
export interface FakeStream<Contract extends StreamContract> {
  /**
   * Sends an event, checked as the real server checks it. A connection that comes back gets it after its last
   * id: of the whole server, each one; of a connection, those that ask for the same URL.
   *
   * @returns its id.
   * @throws {SseError} `event_unknown`, `payload_invalid`: nothing was sent.
   */
  send<Name extends keyof Contract['events'] & string>(
    name: Name,
    payload: PayloadInput<Contract, Name>,
  ): string
  /**
   * Sends an event that is not checked, as a server of another version may: any name, any payload that is JSON.
   *
   * @returns its id.
   */
  sendInvalid(name: string, payload: unknown): string
  /** Writes text as it is, in UTF-8: a comment, half an event, no JSON. Kept for nobody. */
  raw(text: string): void
  /** Asks for a reconnection delay in milliseconds, a whole number. Of the whole server: later connections too. */
  retry(ms: number): void
  /** Says that the connection lives, and where it stands, as it does by itself every `heartbeatMs`. */
  heartbeat(): void
  /** The stream has ended: the client closes for good. */
  end(): void
  /** The source has failed: the client is told, and comes back. Default `internal`, `Internal error`. */
  error(code?: string, message?: string): void
  /**
   * The connection breaks, after what was sent has arrived; what `stall` held back is lost with it, and sent
   * again after the client's last id.
   */
  drop(): void
  /**
   * Nothing arrives any more, heartbeats neither, and nothing ends: a network that has gone.
   *
   * @returns a function that lets everything arrive that was held back, and goes on.
   */
  stall(): () => void
}
