import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { Retention } from '@sse/server/engine-kit'

/** Maximum number of entries one statement removes: it blocks the event loop for a few milliseconds. */
const MAX_ENTRIES = 1000

/**
 * Removes from the oldest entry to the first that both limits keep: no hole, even after the clock was set back.
 * `?1` is how many may stay, `?2` the time after which they may stay.
 */
const DELETE = `
  DELETE FROM sse_entries WHERE position < coalesce(
    (
      SELECT min(position) FROM (SELECT position, at FROM sse_entries ORDER BY position LIMIT ${MAX_ENTRIES})
      WHERE at > ?2 AND position > (SELECT seq FROM sqlite_sequence WHERE name = 'sse_entries') - ?1
    ),
    (SELECT min(position) + ${MAX_ENTRIES} FROM sse_entries)
  )`

/** Removes entries that exceed a retention, a bounded number at a time. */
export class Trimmer {
  readonly #delete: StatementSync

  constructor(db: DatabaseSync) {
    this.#delete = db.prepare(DELETE)
  }

  /** @returns whether there may be more to remove. */
  trimPiece({ maxEvents, maxAgeMs }: Retention): boolean {
    const kept = Math.min(maxEvents, Number.MAX_SAFE_INTEGER)
    const olderThan = Math.max(Date.now() - maxAgeMs, -1)
    return Number(this.#delete.run(kept, olderThan).changes) === MAX_ENTRIES
  }
}
