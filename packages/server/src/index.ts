export {
  EncodedEvent,
  type EventEncoder,
  type EventOptions,
  isSseError,
  SseError,
  type SseErrorCode,
  type SseErrorOptions,
} from '@sse/contract'
export type { StreamArguments, StreamContext, StreamOptions } from './arguments.ts'
export type { Iterated, LiteralEvent, Source, UntypedEvent, Yielded } from './source.ts'
export { sse, type WebHandler, type WebNative } from './web.ts'
