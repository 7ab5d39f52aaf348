import type { DatabaseSync } from 'node:sqlite'

/** Runs `work` in one transaction (`immediate` to write), and rolls back when it throws. */
export function transaction<Result>(
  db: DatabaseSync,
  kind: 'deferred' | 'immediate',
  work: () => Result,
): Result {
  db.exec(kind === 'immediate' ? 'BEGIN IMMEDIATE' : 'BEGIN')
  try {
    const result = work()
    db.exec('COMMIT')
    return result
  } catch (error) {
    try {
      db.exec('ROLLBACK')
    } catch {
      // A full disk and similar failures have rolled back already.
    }
    throw error
  }
}
