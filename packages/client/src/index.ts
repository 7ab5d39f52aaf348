import { type Connect, connectWith } from './connect.ts'
import { fetchTransport } from './fetch-transport.ts'

/**
 * Follows a stream: connects at once, reconnects with jitter, resumes after the last id, and gives each event
 * to its listeners, checked and typed by the contract.
 *
 * It stops for good when the stream has ended (`sse.end`, or 204), on a status that can't heal (4xx but 408,
 * 425 and 429), and on an answer that is not an event stream; everything else is tried again.
 *
 * @param target - a contract, or the URL of any event stream: then every payload is the data as it came.
 * @throws {SseError} `option_invalid` (a URL that is none, a delay that is no number), `param_missing`.
 * @see docs/PROTOCOL.md
 * @example
 * const feed = connect(leads, { params: { owner: '42' } })
 * feed.on('lead', (lead, { id }) => show(lead))
 */
export const connect: Connect = connectWith(fetchTransport)

export { isSseError, SseError, type SseErrorCode } from '@sse/contract'
export type { BodySource, Connect, ConnectOptions, ConnectOptionsFor, HeaderSource } from './connect.ts'
export type { Overflow } from './event-queue.ts'
export { type EventSourceLike, eventSourceTransport } from './event-source-transport.ts'
export type {
  EventMeta,
  Feed,
  FeedEvent,
  FeedPayloads,
  InvalidEvent,
  ListenableName,
  ListenablePayload,
} from './feed.ts'
export { fetchTransport } from './fetch-transport.ts'
export { fromReadableStream, type ReadOptions } from './from-readable-stream.ts'
export type { IdStore } from './id-store.ts'
export type { FeedOrigin, FeedProbe, InspectableFeed } from './inspect.ts'
export { nativeTransport } from './native-transport.ts'
export type { ReconnectOptions } from './reconnect.ts'
export { singleFlight } from './single-flight.ts'
export type { FeedStatus, PauseReason } from './status.ts'
export type {
  Transport,
  TransportEvents,
  TransportHandle,
  TransportNote,
  TransportRequest,
} from './transport.ts'
