'use client'

import { connect } from '@sse/client'
import { createUseStream, type UseStream } from './use-stream.ts'

/**
 * Follows a stream while the component is mounted. Components with the same target and options share one connection,
 * which closes one second after the last of them unmounted. Nothing connects on a server.
 *
 * @param target - a contract, created once outside of components, or a URL.
 * @param options - those of `connect`, with `shareKey` and `enabled`. Functions may be new in every render: the latest
 *   one is called. The stream reconnects if a value changes, or if `url` or `body` returns another request.
 * @returns the same feed until the request changes.
 * @throws {SseError} the errors of `connect`, in an effect, so that an error boundary catches them.
 * @example
 * const feed = useStream(leads, { params: { owner } })
 */
export const useStream: UseStream = /* @__PURE__ */ createUseStream(connect)

export type {
  EventsOptions,
  LatestOptions,
  RecentEvent,
  UseStreamOptions,
  UseStreamOptionsFor,
} from '@sse/client/hooks'
export { useEvent } from './use-event.ts'
export { useEvents } from './use-events.ts'
export { useLatest } from './use-latest.ts'
export { useStreamStatus } from './use-stream-status.ts'
