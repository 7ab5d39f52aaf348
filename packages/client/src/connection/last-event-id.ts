/** Maximum length of an id in characters, on both sides (docs/reference/protocol.md). */
export const MAX_ID_LENGTH = 1_024

/** Returns whether a value is an id that a server accepts: one line of at most 1,024 characters. */
export function isLastEventId(value: unknown): value is string {
  return typeof value === 'string' && value.length <= MAX_ID_LENGTH && !/[\r\n\0]/.test(value)
}
