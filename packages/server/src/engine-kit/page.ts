import type { Entry, LogState, Page, ReadOptions } from '../log/engine.ts'
import { utf8Length } from './utf8-length.ts'

/** What bounds a page. */
export type PageLimits = Pick<ReadOptions, 'limit' | 'maxBytes'>

/**
 * Makes a page of entries that a store has found: cuts them by `limit` and `maxBytes`, and says how far the page reaches.
 *
 * @param after is the position requested.
 * @param found has the entries of the requested channels after it, in order: all of them, or at least `limit`. It is read
 * as far as needed: a large entry behind the page costs nothing if `found` reads one at a time.
 */
export function makePage(
  { epoch, head, oldest }: LogState,
  after: number,
  found: Iterable<Entry>,
  { limit, maxBytes }: PageLimits,
): Page {
  const entries: Entry[] = []
  if (!(limit > 0)) return { epoch, head, oldest, entries, reached: after }
  let bytes = 0
  for (const entry of found) {
    entries.push(entry)
    // Another program may have written the entry.
    bytes += typeof entry.data === 'string' ? utf8Length(entry.data) : 0
    if (entries.length >= limit || bytes >= maxBytes) {
      return { epoch, head, oldest, entries, reached: entry.position }
    }
  }
  return { epoch, head, oldest, entries, reached: Math.max(after, head) }
}
