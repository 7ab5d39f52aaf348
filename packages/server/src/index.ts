export { isSseError, SseError, type SseErrorCode, type SseErrorOptions } from '@sse/contract'
export { EncodedEvent, type EventEncoder, type EventOptions } from '@sse/contract/protocol'
export type { Diagnostics } from './diagnostics.ts'
export type { AckArguments, AckContext, AckOptions, AckTarget } from './http/ack-handler.ts'
export type { StreamArguments, StreamContext, StreamOptions } from './http/arguments.ts'
export { createHub } from './hub/create-hub.ts'
export type { Hub, PublishOptions } from './hub/hub.ts'
export type { LogEvent, SubscriptionEvent } from './hub/log-event.ts'
export type { HubOptions } from './hub/options.ts'
export type { HubStats } from './hub/stats.ts'
export type { SubscribeOptions, Subscription } from './hub/subscription.ts'
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
} from './log/engine.ts'
export type { SharedFrames } from './log/shared-frames.ts'
export { type MemoryOptions, memory } from './memory/memory-engine.ts'
export type { PresenceChange } from './presence/local-presence.ts'
export type { PresenceListener } from './presence/presence.ts'
export type {
  ConnectionAdmitter,
  ConnectionHandle,
  OpenableSource,
  Sender,
} from './stream/connection-handle.ts'
export type { Sink } from './stream/sink.ts'
export type { Iterated, LiteralEvent, Opened, Source, UntypedEvent, Yielded } from './stream/source.ts'
export { ack, sse, type WebHandler, type WebNative } from './web/web.ts'
