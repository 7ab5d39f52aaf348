import type { SseError } from '@sse/contract'
import type { ReconnectOptions } from '../connection/reconnect.ts'
import type { EndReason } from '../connection/status.ts'

/** What all requests of a feed have in common. */
export interface PreparedRequest {
  /** Absolute URL. */
  readonly url: string
  readonly method: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: BodyInit | undefined
  readonly credentials: RequestCredentials | undefined
  readonly fetch: typeof fetch
}

/** Request of one attempt. */
export interface TransportRequest extends PreparedRequest {
  /** Id to resume after; `''` for none. */
  readonly lastEventId: string
  /** Event names known when the attempt starts, for a transport that must request each by name. */
  readonly eventNames: Iterable<string>
  /** Makes the request again, with a fresh token. For a transport that reconnects by itself. */
  readonly prepare?: () => PreparedRequest | Promise<PreparedRequest>
  /** The feed's delays, for a transport that reconnects by itself; its `resend` applies to every transport. */
  readonly reconnect?: Required<ReconnectOptions>
}

/**
 * What a transport reports, by calling these as methods. After `onEnd` it must not report anything; after
 * `TransportHandle.close()` reports are ignored.
 */
export interface TransportEvents {
  /**
   * Bytes arrived, be it a comment, or an attempt started. After the first call, silence longer than the idle timeout
   * ends the attempt. A transport that cannot see comments never calls it.
   */
  onActivity(): void
  /** A comment arrived after the start of the response: the connection works although no event was sent. */
  onHeartbeat(): void
  /** Status and content type are valid: events may follow. */
  onOpen(): void
  /** The last event id was set: by a block without data, or by that of the `onMessage` that follows. */
  onId(id: string): void
  /**
   * An event arrived.
   *
   * @param id - the last event id its block set, unless `onId` reported it.
   * @returns `false` if neither was used. The id, or that of a later event, must then be reported before control returns
   * to the page: an event without a listener so costs a tenth less.
   */
  onMessage(event: string, data: string, id?: string): unknown
  /** The server's `retry`, in milliseconds: any number, including `Infinity`. */
  onRetry(retryMs: number): void
  /**
   * The connection was lost and the transport reconnects by itself (native, polyfill and tab sharing do): at
   * `retryAt`, in milliseconds since the epoch, if it knows.
   */
  onWaiting(error: SseError, retryAt?: number): void
  /** The attempt is over: `ended` if the stream is complete, `no_content` after status 204, else why. */
  onEnd(reason: SseError | EndReason): void
  /** For inspectors only. Optional; may be called at any time. */
  onNote?(note: TransportNote): void
}

/** What a transport wants an inspector to show. */
export interface TransportNote {
  /** With tab sharing: whether this tab holds the connection. */
  readonly role?: 'leader' | 'follower'
}

/** An attempt in progress. */
export interface TransportHandle {
  /** Cancels the attempt at once. */
  close(): void
  /** Requests one more event name. */
  listen?(event: string): void
}

/**
 * Carries a stream: starts one attempt and reports what happens to it.
 *
 * @throws {SseError} `option_invalid` if it cannot carry this request; the feed then closes.
 */
export type Transport = (request: TransportRequest, events: TransportEvents) => TransportHandle
