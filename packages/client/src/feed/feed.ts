// A page whose `lib` is ES2022 has no `Disposable`: this goes into the published types.
/// <reference lib="esnext.disposable" preserve="true" />
import type { EventName, Gap, Payload, SseError, StreamContract } from '@sse/contract'
import type { FeedStatus } from '../connection/status.ts'

/** Event names and what their listeners get: a contract's payloads, or for a bare URL the data as it came. */
export type FeedPayloads<Target> = Target extends StreamContract
  ? { [Name in EventName<Target>]: Payload<Target, Name> }
  : Record<string, string>

/** A name one can listen to: the stream's events, and `gap`. */
export type ListenableName<Payloads> = (keyof Payloads & string) | 'gap'

export type ListenablePayload<Payloads, Name> = Name extends 'gap'
  ? Gap
  : Name extends keyof Payloads
    ? Payloads[Name]
    : never

export interface EventMeta {
  readonly event: string
  /** The last event id when this event arrived; `''` while there is none. */
  readonly id: string
}

/** One event as `for await` gives it: switch on `event`, and `payload` has its type. */
export type FeedEvent<Payloads> = {
  [Name in ListenableName<Payloads>]: {
    readonly event: Name
    readonly payload: ListenablePayload<Payloads, Name>
    readonly id: string
  }
}[ListenableName<Payloads>]

/** An event whose data is not JSON or is refused by its schema. */
export interface InvalidEvent {
  readonly event: string
  readonly data: string
  readonly id: string
  /** `payload_invalid`, with what the schema or the JSON parser said. */
  readonly error: SseError
}

/** A stream being followed: connects, reconnects and resumes until it is closed or has ended. */
export interface Feed<Payloads> extends AsyncIterable<FeedEvent<Payloads>>, Disposable {
  /**
   * Calls `listener` for every event of that name, and `gap` when history did not reach back to where this
   * client was (refetch then, or let `onGap` hold the stream meanwhile). A listener that throws is reported; the others, and the stream, go on.
   *
   * @returns a function that stops it, as `off` does.
   */
  on<Name extends (keyof Payloads & string) | 'gap'>(
    name: Name,
    listener: (payload: ListenablePayload<Payloads, Name>, meta: EventMeta) => void,
  ): () => void
  off<Name extends (keyof Payloads & string) | 'gap'>(
    name: Name,
    listener: (payload: ListenablePayload<Payloads, Name>, meta: EventMeta) => void,
  ): void
  /** Where it stands now. */
  readonly status: FeedStatus
  /** Calls `listener` with each new status; returns a function that stops it. */
  onStatus(listener: (status: FeedStatus) => void): () => void
  /** The id a reconnect resumes after; `''` while there is none. */
  readonly lastEventId: string
  /** The delay the server asked for with `retry`, in milliseconds; 0 while it has asked for none. */
  readonly reconnectionTime: number
  /** How many events loops that fell behind did not get, with `overflow` other than `error`. */
  readonly dropped: number
  /**
   * Tells the server that everything up to `id` is dealt with (a durable subscription goes on after it, on any
   * device). Cumulative: of many at once the newest is sent. What fails for lack of a connection is sent again
   * when the stream is open.
   *
   * @returns a promise that may be ignored; rejects with `network` or `http_status`, which `onError` is told too.
   */
  ack(id: string): Promise<void>
  /** Ends it for good, at once. Closing twice is nothing. */
  close(): void
}
