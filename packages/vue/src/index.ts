import { connect } from '@sse/client'
import { createUseStream, type UseStream } from './use-stream.ts'

/**
 * Follows a stream while the component is mounted. Components with the same target and options share one connection,
 * which closes one second after the last of them unmounted or was deactivated. Nothing connects on a server.
 *
 * @param target - a contract, created once outside of components, or a URL.
 * @param options - those of `connect`, with `shareKey` and `enabled`, or a ref or getter of them. The latest functions
 *   are called. The stream reconnects if a value changes, or if `url` or `body` returns another request.
 * @returns a ref of the feed.
 * @throws {SseError} the errors of `connect`, when the component is mounted.
 * @example
 * const feed = useStream(leads, () => ({ params: { owner: props.owner } }))
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
export type { ReactiveArguments } from './use-stream.ts'
export { useStreamStatus } from './use-stream-status.ts'
