import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { Retention } from '@sse/server/engine-kit'

/** Maximum number of entries, and bytes of their data, one statement removes: it blocks the event loop meanwhile. */
const MAX_ENTRIES = 1000
const MAX_BYTES = 16_777_216

/**
 * Removes from the oldest entry to the first that both limits keep: no hole, even after the clock was set back.
 * `?1` is how many may stay, `?2` the time after which they may stay.
 */
const DELETE = `
  DELETE FROM sse_entries WHERE position < coalesce(
    (
      SELECT min(position) FROM (
        SELECT position, at, sum(bytes) OVER (ORDER BY position ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before
        FROM (SELECT position, at, octet_length(data) AS bytes FROM sse_entries ORDER BY position LIMIT ${MAX_ENTRIES})
      )
      WHERE before >= ${MAX_BYTES}
        OR (at > ?2 AND position > (SELECT seq FROM sqlite_sequence WHERE name = 'sse_entries') - ?1)
    ),
    (SELECT min(position) + ${MAX_ENTRIES} FROM sse_entries)
  )`

/** Removes commits whose last call is older than `?1`. */
const DELETE_COMMITS = `
  DELETE FROM sse_commits WHERE subscriber IN (
    SELECT subscriber FROM sse_commits WHERE at < ?1 LIMIT ${MAX_ENTRIES}
  )`

/** Removes entries and commits that exceed a retention, a bounded number at a time. */
export class Trimmer {
  readonly #delete: StatementSync
  readonly #deleteCommits: StatementSync

  constructor(db: DatabaseSync) {
    this.#delete = db.prepare(DELETE)
    this.#deleteCommits = db.prepare(DELETE_COMMITS)
  }

  /** @returns whether there may be more to remove. */
  trimPiece({ maxEvents, maxAgeMs, maxCommitAgeMs }: Retention): boolean {
    const now = Date.now()
    const kept = Math.min(maxEvents, Number.MAX_SAFE_INTEGER)
    const entries = this.#delete.run(kept, Math.max(now - maxAgeMs, -1)).changes
    const commits = this.#deleteCommits.run(Math.max(now - maxCommitAgeMs, -1)).changes
    return Number(entries) > 0 || Number(commits) > 0
  }
}
