/**
 * The wire format: control events, the encoder, and the checks both sides share. For libraries that write a server or
 * a client of their own; apps need only the package's root.
 *
 * @see docs/reference/protocol.md
 * @module
 */
export { checkDeclaredChannel } from './channel.ts'
export { CONTROL, END_ID, isReservedEvent, RESERVED_PREFIX } from './control.ts'
export { checkHeartbeat } from './define-stream.ts'
export { digest } from './digest.ts'
export { encodeComment, encodeMessage, MAX_ID_CHARS, type Message, readFrameData } from './encode.ts'
export {
  checkPayload,
  checkSize,
  createEventEncoder,
  EncodedEvent,
  type EventEncoder,
  type EventOptions,
  encodeEventData,
  encodePayload,
  textEvents,
} from './encode-event.ts'
export { errorPage } from './error-page.ts'
export { findNameProblem, MAX_NAME_CHARS } from './name.ts'
export { buildPath, matchPath, matchSegments, splitPath } from './path.ts'
export { isText, type Validation, validate } from './schema.ts'
