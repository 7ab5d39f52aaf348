/** Options of an engine's `read`. */
export interface TestReadOptions {
  limit: number
  maxBytes: number
  channels?: readonly string[]
}

/** Reads the state of a log only. */
export const STATE: TestReadOptions = { limit: 0, maxBytes: 0 }

/** Reads up to `limit` entries of any size, of some channels or of all. */
export const atMost = (limit: number, channels?: readonly string[]): TestReadOptions => ({
  limit,
  maxBytes: Number.POSITIVE_INFINITY,
  ...(channels && { channels }),
})
