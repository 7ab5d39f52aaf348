export {
  EncodedEvent,
  type EventEncoder,
  type EventOptions,
  isSseError,
  SseError,
  type SseErrorCode,
  type SseErrorOptions,
} from '@sse/contract'
export type { AckArguments, AckContext, AckOptions, AckTarget } from './ack-handler.ts'
export type { Admission, StreamArguments, StreamContext, StreamOptions } from './arguments.ts'
export type { Diagnostics } from './diagnostics.ts'
export type {
  Commit,
  Engine,
  Entry,
  LogState,
  Member,
  NewEntry,
  Page,
  PresenceStore,
  Retention,
} from './hub/engine.ts'
export { createHub, type Hub, type PublishOptions } from './hub/hub.ts'
export type { HubOptions } from './hub/hub-options.ts'
export type { PresenceChange } from './hub/local-presence.ts'
export type { LogEvent, SubscriptionEvent } from './hub/log-event.ts'
export { type MemoryOptions, memory } from './hub/memory-engine.ts'
export type { PresenceListener } from './hub/presence.ts'
export type { HubStats } from './hub/stats.ts'
export type { SubscribeOptions, Subscription } from './hub/subscription.ts'
export type { Host, OpenableSource, Sender } from './sender.ts'
export type { SharedFrames } from './shared-frames.ts'
export type { Sink } from './sink.ts'
export type { Iterated, LiteralEvent, Opened, Source, UntypedEvent, Yielded } from './source.ts'
export { ack, sse, type WebHandler, type WebNative } from './web.ts'
