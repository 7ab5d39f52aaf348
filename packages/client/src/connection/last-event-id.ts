import { MAX_ID_CHARS } from '@sse/contract/protocol'

/** Returns whether a value is an id that a server accepts: one line of at most 1,024 characters. */
export function isLastEventId(value: unknown): value is string {
  return typeof value === 'string' && value.length <= MAX_ID_CHARS && !/[\r\n\0]/.test(value)
}
