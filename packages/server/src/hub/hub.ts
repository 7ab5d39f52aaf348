import type { Channel, PayloadInput, StreamContract } from '@sse/contract'
import type { PresenceListener } from '../presence/presence.ts'
import type { HubStats } from './stats.ts'
import type { SubscribeOptions, Subscription } from './subscription.ts'

export interface PublishOptions {
  /** Key of the event, for channels with `latestPerKey`. 1 to 256 characters. */
  key?: string | undefined
  /**
   * Makes a retry safe: publishing to the same channel with the same key again stores nothing and resolves with the id
   * of the first event, while that is retained. Keys of different channels are independent. 1 to 256 characters.
   */
  idempotencyKey?: string | undefined
}

/**
 * One ordered log of a contract's events, published to channels. Created by `createHub`.
 *
 * @typeParam Tx - transaction that `publishIn` writes with: the engine's. `never` for an engine without transactions.
 */
export interface Hub<Contract extends StreamContract, Tx = never> {
  readonly contract: Contract
  /**
   * Stores an event and delivers it to every connection and loop on the channel.
   *
   * @returns the event's id, once it is as durable as the engine promises.
   * @throws {SseError} `event_unknown`, `payload_invalid`, `payload_too_large`, `channel_invalid`, `option_invalid` (a
   * key), `hub_closed`, `overloaded`: nothing was stored. `engine_unavailable`, `engine_failed`: not stored as far as
   * the engine can tell; retry with an `idempotencyKey`.
   */
  publish<Name extends keyof Contract['events'] & string>(
    channel: Channel<Contract>,
    event: Name,
    payload: PayloadInput<Contract, Name>,
    options?: PublishOptions,
  ): Promise<string>
  /**
   * Stores an event in a transaction of the app, together with the change it describes. It is delivered once the
   * transaction commits.
   *
   * With a synchronous engine the event is stored, or the error thrown, before this returns: it may be called inside a
   * synchronous transaction. Checks throw synchronously with every engine.
   *
   * @throws {SseError} as `publish`, and `option_invalid` for an engine without transactions.
   */
  publishIn<Name extends keyof Contract['events'] & string>(
    tx: Tx,
    channel: Channel<Contract>,
    event: Name,
    payload: PayloadInput<Contract, Name>,
    options?: PublishOptions,
  ): Promise<void>
  /**
   * Returns the events of one or more channels: the source of an `sse()` stream, or something to loop over. Opens
   * nothing yet.
   *
   * @param channels - up to 128, 1 to 256 characters each.
   * @throws {SseError} `name_invalid` (text that cannot be a name, as a client may have sent), `channel_invalid`,
   * `option_invalid`, `hub_closed`.
   */
  subscribe(
    channels: Channel<Contract> | readonly Channel<Contract>[],
    options?: SubscribeOptions,
  ): Subscription<Contract>
  /**
   * Stores that a subscriber has processed every event up to an id. Cumulative: an id behind the stored one changes
   * nothing.
   *
   * @throws {SseError} `ack_invalid`: the id belongs to another log or is ahead of this one. `name_invalid`,
   * `hub_closed`, errors of the engine.
   */
  ack(subscriber: string, id: string): Promise<void>
  /** Resolves with the last id a subscriber has acknowledged, or `undefined` without one. */
  committed(subscriber: string): Promise<string | undefined>
  /**
   * Deletes what a subscriber has acknowledged: its next subscription starts like a new one's. Call it when the
   * subscriber will not return, such as for a deleted account. Idempotent.
   *
   * @throws {SseError} `name_invalid`, `hub_closed`, errors of the engine.
   */
  forget(subscriber: string): Promise<void>
  /**
   * Resolves with what `read` returns and with the id to follow the stream after: initial state for a client. The
   * position is taken before the data is read, so that an event in between is seen twice rather than never. Commit rows
   * before, or together with, publishing their event.
   *
   * @throws {SseError} `hub_closed`, errors of the engine; whatever `read` throws.
   */
  getState<State>(read: () => State | Promise<State>): Promise<{ lastEventId: string; state: State }>
  /**
   * Resolves with the identities connected to a channel, each once: over all processes that share the engine if it
   * supports presence, else of this process. Identities of a crashed process disappear within 15 seconds.
   *
   * @throws {SseError} `channel_invalid`, `hub_closed`, errors of the engine.
   */
  presence(channel: Channel<Contract>): Promise<string[]>
  /**
   * Calls `listener` when the first connection of an identity to a channel opens (`join`), and 4–6 s after its last
   * connection closed (`leave`), so that a page reload or a restart of the server is not reported as a leave. With a
   * `retryMs` over 1,000, later: 3 s and 1.5 times that. Other processes are polled every second.
   *
   * @returns a function that stops the calls.
   * @throws {SseError} `channel_invalid`, `hub_closed`.
   */
  onPresence(channel: Channel<Contract>, listener: PresenceListener): () => void
  stats(): HubStats
  /**
   * Closes every connection of an identity with the code `revoked`, in every process that shares the engine. Those of
   * this process are closed at once, and connections on their way in are rejected. Other processes follow when they read
   * the revocation from the log, usually within milliseconds. `authorize` decides about new connections: change what it
   * reads first, then call this.
   *
   * The revocation is an entry of the log, in a reserved channel. A program that can write to the engine's store can
   * therefore revoke anyone.
   *
   * @returns the number of connections closed in this process, once the revocation is stored.
   * @throws {SseError} `name_invalid`, `hub_closed`. Errors of the engine: the connections of this process are closed
   * nevertheless, those of other processes may not be.
   */
  revoke(identity: string): Promise<number>
  /**
   * Rejects new connections with 503 and `Retry-After`, ends every connection with a jittered reconnection delay, and
   * resolves once all are closed, after which `server.close()` resolves. Connections still open after `graceMs` are cut
   * off. `publish` keeps working until `close`.
   *
   * @param options.graceMs - default 10,000. 0: cuts off at once.
   * @throws {SseError} `option_invalid`.
   */
  drain(options?: { graceMs?: number }): Promise<void>
  /**
   * Drains without grace, waits until pending events are stored, and closes the engine. Idempotent. An engine that does
   * not answer is reported to `onError` and waited for no longer than 10 s for each step.
   */
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}
