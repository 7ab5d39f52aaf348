import { connect } from '@sse/client/native'
import { createInjectStream, type InjectStream } from './inject-stream.ts'

/**
 * `injectStream` of `@sse/angular` on the browser's own `EventSource`, without the code of the fetch transport. See
 * `nativeTransport` of `@sse/client/native` for its limits.
 *
 * @throws {SseError} the errors of `connect`, to the app's `ErrorHandler`.
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
