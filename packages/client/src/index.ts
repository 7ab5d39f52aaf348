import { type Connect, connectWith } from './feed/connect.ts'
import { fetchTransport } from './transport/fetch-transport.ts'

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
export type { ReconnectOptions } from './connection/reconnect.ts'
export { singleFlight } from './connection/single-flight.ts'
export type { FeedStatus, PauseReason } from './connection/status.ts'
export type { BodySource, Connect, ConnectOptions, ConnectOptionsFor, HeaderSource } from './feed/connect.ts'
export type { Overflow } from './feed/event-queue.ts'
export type {
  EventMeta,
  Feed,
  FeedEvent,
  FeedPayloads,
  InvalidEvent,
  ListenableName,
  ListenablePayload,
} from './feed/feed.ts'
export { fromReadableStream, type ReadOptions } from './feed/from-readable-stream.ts'
export type { FeedOrigin, FeedProbe, InspectableFeed } from './feed/inspect.ts'
export type { IdStore } from './storage/id-store.ts'
export { type EventSourceLike, eventSourceTransport } from './transport/event-source-transport.ts'
export { fetchTransport } from './transport/fetch-transport.ts'
export { nativeTransport } from './transport/native-transport.ts'
export type {
  Transport,
  TransportEvents,
  TransportHandle,
  TransportNote,
  TransportRequest,
} from './transport/transport.ts'
