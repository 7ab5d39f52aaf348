/** A retention that removes nothing. */
export const KEEP_ALL = {
  maxEvents: Number.POSITIVE_INFINITY,
  maxAgeMs: Number.POSITIVE_INFINITY,
  maxCommitAgeMs: Number.POSITIVE_INFINITY,
}
