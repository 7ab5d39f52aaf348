import type { SseError } from '@sse/contract'
import type { ReconnectOptions } from '../connection/reconnect.ts'

/** What every request of a feed has in common. */
export interface PreparedRequest {
  /** Absolute, or relative to the page. */
  readonly url: string
  readonly method: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: BodyInit | undefined
  readonly credentials: RequestCredentials | undefined
  readonly fetch: typeof fetch
}

/** One attempt to open a stream, as a transport is asked for it. */
export interface TransportRequest extends PreparedRequest {
  /** The id to resume after; `''` for none. */
  readonly lastEventId: string
  /** Event names known when the attempt starts: a transport that must ask for each by name needs them. */
  readonly eventNames: Iterable<string>
  /** For a transport that reconnects by itself: makes the request anew, so that a token can be fresh. */
  readonly prepare?: () => Promise<PreparedRequest>
  /** For a transport that reconnects by itself: the feed's delays. */
  readonly reconnect?: Required<ReconnectOptions>
}

/** What a transport tells, each a plain function. After `onEnd` it tells nothing more; after `close` nobody listens. */
export interface TransportEvents {
  /**
   * The server was heard, be it with a comment; also when an attempt starts. From the first call on, silence
   * beyond the idle timeout ends the attempt: a transport that can't see comments never calls it.
   */
  onActivity: () => void
  /** Status and content type were checked: events may follow. */
  onOpen: () => void
  /** The last event id, whenever a block sets it; before that block's `onMessage`. */
  onId: (id: string) => void
  onMessage: (event: string, data: string) => void
  /** The server's `retry`, in milliseconds: any number, also `Infinity`. */
  onRetry: (retryMs: number) => void
  /** The transport reconnects by itself (native, polyfill and `share` do): at `retryAt`, where it knows. */
  onWaiting: (reason: SseError, retryAt?: number) => void
  /** The attempt is over: `ended` when the server said so with 204, else why. */
  onEnd: (reason: SseError | 'ended') => void
  /** For who inspects the page alone; a transport may call it at any time, and need not. */
  onNote?: (note: TransportNote) => void
}

/** What a transport wants an inspector to show. */
export interface TransportNote {
  /** Of a connection that tabs share: whether this tab holds it. */
  readonly role?: 'leader' | 'follower'
}

/** An attempt under way. */
export interface TransportHandle {
  /** Ends it at once. */
  close(): void
  /** Asks for one more event name. */
  listen?(event: string): void
}

/** A way to carry a stream: opens one attempt and tells what happens to it. */
export type Transport = (request: TransportRequest, events: TransportEvents) => TransportHandle
