export { CONTROL, END_ID, type Gap } from './control.ts'
export {
  checkHeartbeat,
  defineStream,
  type EventMap,
  type EventName,
  type Payload,
  type PayloadInput,
  type StreamContract,
  type StreamDefinition,
} from './define-stream.ts'
export { encodeComment, encodeMessage, type Message, readFrameData } from './encode.ts'
export {
  checkSize,
  createEventEncoder,
  EncodedEvent,
  type EventEncoder,
  type EventOptions,
  encodeEventData,
  encodePayload,
} from './encode-event.ts'
export { isSseError, SseError, type SseErrorCode, type SseErrorOptions } from './error.ts'
export { buildPath, matchPath, type PathParams } from './path.ts'
export { type, type Validation, validate } from './schema.ts'
