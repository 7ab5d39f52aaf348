import { connect } from '@sse/client'
import { createUseStream, type UseStream } from './use-stream.ts'

/**
 * Follows a stream while the component is mounted. Components with the same target and options share one connection,
 * which closes one second after the last of them was destroyed. Nothing connects on a server.
 *
 * Call it while the component is initialised, like `onMount`.
 *
 * @param target - a contract, created once outside of components, or a URL.
 * @param options - those of `connect`, with `shareKey` and `enabled`, or a function that returns them, so that props
 *   and `$state` read in it are tracked. The latest functions are called. The stream reconnects if a value changes, or
 *   if `url` or `body` returns another request.
 * @returns the feed, as `.current` and as a store.
 * @throws {SseError} the errors of `connect`, when the component is mounted.
 * @example
 * const feed = useStream(leads, () => ({ params: { owner } }))
 */
export const useStream: UseStream = /* @__PURE__ */ createUseStream(connect)

export type {
  EventsOptions,
  LatestOptions,
  RecentEvent,
  UseStreamOptions,
  UseStreamOptionsFor,
} from '@sse/client/hooks'
export type { Live } from './live.ts'
export { useEvent } from './use-event.ts'
export { useEvents } from './use-events.ts'
export { useLatest } from './use-latest.ts'
export type { ReactiveArguments } from './use-stream.ts'
export { useStreamStatus } from './use-stream-status.ts'
export type { FeedOf } from './while-mounted.ts'
