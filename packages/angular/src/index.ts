import { connect } from '@sse/client'
import { createInjectStream, type InjectStream } from './inject-stream.ts'

/**
 * Follows a stream until the component, directive or service that calls it is destroyed. Those with the same target and
 * options share one connection, which closes one second after the last of them was destroyed. Nothing connects on a
 * server. Has to be called in an injection context, such as the initializer of a field.
 *
 * @param target - a contract, created once outside of components, or a URL.
 * @param options - those of `connect`, with `shareKey` and `enabled`, or a signal or function of them, so that inputs and
 *   signals read in it are tracked. The latest functions are called. The stream reconnects if a value changes, or if
 *   `url` or `body` returns another request.
 * @returns a signal of the feed.
 * @throws {SseError} the errors of `connect`, to the app's `ErrorHandler`.
 * @example
 * readonly owner = input.required<string>()
 * readonly feed = injectStream(leads, () => ({ params: { owner: this.owner() } }))
 */
export const injectStream: InjectStream = /* @__PURE__ */ createInjectStream(connect)

export type {
  EventsOptions,
  LatestOptions,
  RecentEvent,
  UseStreamOptions,
  UseStreamOptionsFor,
} from '@sse/client/hooks'
export { fromFeed } from './from-feed.ts'
export { injectEvent } from './inject-event.ts'
export { injectEvents } from './inject-events.ts'
export { injectLatest } from './inject-latest.ts'
export type { ReactiveArguments } from './inject-stream.ts'
export { injectStreamStatus } from './inject-stream-status.ts'
export type { MaybeSignal } from './while-alive.ts'
