import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { Commit } from '@sse/server'

/** Within one epoch a commit moves forward only; another epoch starts over. */
const COMMIT = `
  INSERT INTO sse_commits (subscriber, epoch, position) VALUES (?, ?, ?)
  ON CONFLICT (subscriber) DO UPDATE SET epoch = excluded.epoch, position = excluded.position
  WHERE excluded.epoch <> epoch OR excluded.position > position`

export function prepareCommit(db: DatabaseSync): StatementSync {
  return db.prepare(COMMIT)
}

export function prepareCommitted(db: DatabaseSync): StatementSync {
  return db.prepare('SELECT epoch, position FROM sse_commits WHERE subscriber = ?')
}

export function toCommit(row: Record<string, unknown> | undefined): Commit | undefined {
  if (!row) return undefined
  const { epoch, position } = row as unknown as Commit
  return { epoch, position }
}
