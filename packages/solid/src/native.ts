import { connect } from '@sse/client/native'
import { createUseStream, type UseStream } from './use-stream.ts'

/**
 * `useStream` of `@sse/solid` on the browser's own `EventSource`, without the code of the fetch transport. See
 * `nativeTransport` of `@sse/client/native` for its limits.
 *
 * @throws {SseError} the errors of `connect`, when the component is mounted.
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
export type { MaybeAccessor } from './while-mounted.ts'
