import type { Entry, LogState, Page, ReadOptions } from '../log/engine.ts'
import { utf8Length } from './utf8-length.ts'

/** What bounds a page. */
export type PageLimits = Pick<ReadOptions, 'limit' | 'maxBytes'>

/**
 * Makes a page of entries that a store has found: cuts them by `limit` and `maxBytes`, and says how far the page reaches.
 *
 * @param after is the position requested.
 * @param found has the entries of the requested channels after it, in order: all of them, or at least `limit`.
 */
export function makePage(
  { epoch, head, oldest }: LogState,
  after: number,
  found: readonly Entry[],
  { limit, maxBytes }: PageLimits,
): Page {
  const entries = found.slice(0, countWithin(found, { limit, maxBytes }))
  const isCut = entries.length < found.length || entries.length >= limit
  const reached = isCut ? (entries.at(-1)?.position ?? after) : Math.max(after, head)
  return { epoch, head, oldest, entries, reached }
}

/** Returns how many of the first entries a page contains: it ends with the entry that reaches `maxBytes`. */
function countWithin(entries: readonly Entry[], { limit, maxBytes }: PageLimits): number {
  let count = 0
  let bytes = 0
  for (const { data } of entries) {
    if (count >= limit) break
    count += 1
    bytes += utf8Length(data)
    if (bytes >= maxBytes) break
  }
  return count
}
