import { isSseError } from '@sse/contract'
import type { PublicError } from '../dialects/dialect.ts'

/** Returns what a client may see of an error: code and message of an exposed `SseError`, else `internal`. */
export function toPublicError(error: unknown): PublicError {
  return isSseError(error) && error.expose ? error.toJSON() : { code: 'internal', message: 'Internal error' }
}
