import { type Connect, connectWith } from './feed/connect.ts'
import { fetchTransport } from './transport/fetch-transport.ts'

/**
 * Follows a stream: connects, reconnects with jitter, resumes after the last event id, and calls listeners with
 * events that are checked and typed by the contract.
 *
 * The feed closes when the stream has ended (`sse.end`, or status 204), on a status that is not retryable (4xx
 * except 408, 425 and 429), and on a response that is not an event stream. It retries after everything else.
 *
 * @param target - a contract, or the URL of any event stream. For a URL, every payload is the raw data.
 * @throws {SseError} `option_invalid` for an invalid URL, request or number; `param_missing`.
 * @see docs/reference/protocol.md
 * @example
 * const feed = connect(leads, { params: { owner: '42' } })
 * feed.on('lead', (lead, { id }) => show(lead))
 */
export const connect: Connect = connectWith(fetchTransport)

export { isSseError, SseError } from '@sse/contract'
export type { ReconnectOptions } from './connection/reconnect.ts'
export { singleFlight } from './connection/single-flight.ts'
export type { FeedStatus, RunEnd } from './connection/status.ts'
export type { BodySource, ConnectOptions } from './feed/connect.ts'
export type { Overflow } from './feed/event-queue.ts'
export type {
  EventMeta,
  Feed,
  FeedEvent,
  FeedPayloads,
  InvalidEvent,
} from './feed/feed.ts'
export { fromReadableStream } from './feed/from-readable-stream.ts'
export type { IdStore } from './storage/id-store.ts'
export { fetchTransport } from './transport/fetch-transport.ts'
