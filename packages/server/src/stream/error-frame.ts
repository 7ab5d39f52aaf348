import { isSseError } from '@sse/contract'
import { CONTROL, encodeMessage } from '@sse/contract/protocol'

/** Encodes an error for a client whose response has started. */
export function errorFrame(error: unknown): string {
  return encodeMessage({ event: CONTROL.error, data: JSON.stringify(toPublicError(error)) })
}

/** Returns what a client may see of an error: code and message of an exposed `SseError`, else `internal`. */
export function toPublicError(error: unknown): { code: string; message: string } {
  return isSseError(error) && error.expose ? error.toJSON() : { code: 'internal', message: 'Internal error' }
}
