import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { Retention } from '@sse/server'

/** What one statement may remove: the event loop stands still for a few milliseconds. */
const ENTRIES_A_STATEMENT = 1000

/**
 * From the oldest on, up to the first entry that both limits let stay: no hole, also when the clock went back.
 * `?1` is how many may stay, `?2` what has to be newer.
 */
const DELETE = `
  DELETE FROM sse_entries WHERE position < coalesce(
    (
      SELECT min(position) FROM (SELECT position, at FROM sse_entries ORDER BY position LIMIT ${ENTRIES_A_STATEMENT})
      WHERE at > ?2 AND position > (SELECT seq FROM sqlite_sequence WHERE name = 'sse_entries') - ?1
    ),
    (SELECT min(position) + ${ENTRIES_A_STATEMENT} FROM sse_entries)
  )`

/** Removes what exceeds a retention, a bounded piece at a time. */
export class Trimming {
  readonly #delete: StatementSync

  constructor(db: DatabaseSync) {
    this.#delete = db.prepare(DELETE)
  }

  /** @returns whether there is more to remove. */
  trimSome({ maxEvents, maxAgeMs }: Retention): boolean {
    const most = Math.min(maxEvents, Number.MAX_SAFE_INTEGER)
    const olderThan = Math.max(Date.now() - maxAgeMs, -1)
    return Number(this.#delete.run(most, olderThan).changes) === ENTRIES_A_STATEMENT
  }
}
