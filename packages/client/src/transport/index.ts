/**
 * The interface between a feed and what carries its stream. For authors of transports; apps choose one of the
 * transports that come with the package.
 *
 * @module
 */
export { type EventSourceLike, eventSourceTransport } from './event-source-transport.ts'
export { type RefusableResponse, readRefusal, readRefusedResponse } from './read-refusal.ts'
export type {
  PreparedRequest,
  Transport,
  TransportEvents,
  TransportHandle,
  TransportNote,
  TransportRequest,
} from './transport.ts'
