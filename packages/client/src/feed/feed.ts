// A page whose `lib` is ES2022 has no `Disposable`: this goes into the published types.
/// <reference lib="esnext.disposable" preserve="true" />
import type { EventName, Gap, Payload, SseError, StreamContract } from '@sse/contract'
import type { FeedStatus, RunEnd } from '../connection/status.ts'

/** Payload type of each event name: a contract's payloads, or the raw data for a bare URL. */
export type FeedPayloads<Target> = Target extends StreamContract
  ? { [Name in EventName<Target>]: Payload<Target, Name> }
  : Record<string, string>

/** Name a listener can be added for: one of the stream's events, or `gap`. */
export type ListenableName<Payloads> = (keyof Payloads & string) | 'gap'

/** Payload a listener of `Name` receives. Without a contract, a foreign server may have an event named `gap` as well. */
export type ListenablePayload<Payloads, Name> = Name extends 'gap'
  ? string extends keyof Payloads
    ? Gap | string
    : Gap
  : Name extends keyof Payloads
    ? Payloads[Name]
    : never

/** Second argument of a listener. */
export interface EventMeta {
  /** Event name. */
  readonly event: string
  /** Last event id when this event arrived; `''` if there is none. */
  readonly id: string
}

/** One event of a `for await` loop. Switching on `event` narrows `payload`. */
export type FeedEvent<Payloads> = {
  [Name in ListenableName<Payloads>]: {
    readonly event: Name
    readonly payload: ListenablePayload<Payloads, Name>
    readonly id: string
  }
}[ListenableName<Payloads>]

/** Event whose data is not JSON or does not match its schema. */
export interface InvalidEvent {
  readonly event: string
  readonly data: string
  readonly id: string
  /** `payload_invalid`, with the message of the schema or of the JSON parser. */
  readonly error: SseError
}

/** Subscription to one stream. It connects, reconnects and resumes until it is closed or the stream has ended; `reopen()` starts again. */
export interface Feed<Payloads> extends AsyncIterable<FeedEvent<Payloads>>, Disposable {
  /**
   * Calls `listener` for every event of that name. The name `gap` reports that history does not reach back to this
   * client's last event: load the current state then, or use the option `onGap`, which holds the stream meanwhile.
   * An error thrown by a listener is reported; other listeners and the stream continue.
   *
   * @returns a function that removes the listener, as `off` does.
   */
  on<Name extends (keyof Payloads & string) | 'gap'>(
    name: Name,
    listener: (payload: ListenablePayload<Payloads, Name>, meta: EventMeta) => void,
  ): () => void
  /** Removes a listener. */
  off<Name extends (keyof Payloads & string) | 'gap'>(
    name: Name,
    listener: (payload: ListenablePayload<Payloads, Name>, meta: EventMeta) => void,
  ): void
  /** Current state. */
  readonly status: FeedStatus
  /** Calls `listener` with every new status. Returns a function that removes it. */
  onStatus(listener: (status: FeedStatus) => void): () => void
  /** Id a reconnect resumes after; `''` if there is none. */
  readonly lastEventId: string
  /** Delay the server requested with `retry`, in milliseconds; 0 until it does. */
  readonly retryMs: number
  /** Number of events that loops missed because they fell behind, with an `overflow` other than `error`. */
  readonly dropped: number
  /**
   * Acknowledges every event up to and including `id`: the durable subscription resumes after it, on any device.
   * Cumulative: of several pending calls, the newest id is sent, and they settle together. An acknowledgement that
   * fails for lack of a connection is sent again when the stream is open.
   *
   * @returns a promise that may be ignored. It rejects with `network`, `idle` (no answer within `idleTimeoutMs`, 30 s at
   * most) or `http_status`, which is also reported to `onError`.
   */
  ack(id: string): Promise<void>
  /**
   * Stops the run that the feed shows, whichever process runs it: `POST` to the stream's path and `/stop`, with the
   * feed's headers, credentials and `refresh`. Resolves with how the run has ended, `stopped` or an end that came first,
   * once that is stored. The stream then ends too, and `status.end` says the same. Works in every state; a feed that
   * knows the end sends nothing. Idempotent.
   *
   * @returns a promise that may be ignored. It rejects with `network`, `idle` (no answer within `idleTimeoutMs`, 30 s at
   * most), `http_status` (404: no such run, or the stream is not `sse(runs, …)`) or `content_type`, which is also reported to
   * `onError`. The run may have been stopped all the same, and the call may be repeated.
   */
  stop(): Promise<RunEnd>
  /**
   * Connects again after `lastEventId`, if the feed is closed: by an error, by the end of the stream, or by `close()`.
   * Listeners are kept; loops have ended: start new ones. No effect while the feed is not closed, after its signal
   * has aborted, or if it reads a stream (`fromReadableStream`). The status changes in the next microtask.
   */
  reopen(): void
  /** Closes the feed and cancels its request: nothing reconnects until `reopen()`. Idempotent. */
  close(): void
}
