import { DatabaseSync } from 'node:sqlite'

/** Opens the app's database, and makes its tables when they are not there yet. */
export function openDatabase(path: string): DatabaseSync {
  // The hub may write to the same file over its own connection: wait for it rather than fail.
  const db = new DatabaseSync(path, { timeout: 5_000 })
  db.exec(`
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    PRAGMA foreign_keys = ON;

    CREATE TABLE IF NOT EXISTS people (
      id            TEXT PRIMARY KEY,
      name          TEXT NOT NULL,
      role          TEXT NOT NULL CHECK (role IN ('dispatcher', 'sales')),
      password_hash TEXT NOT NULL,
      -- The latest lead that this person has acknowledged; it and all before it are read.
      read_up_to    INTEGER NOT NULL DEFAULT 0
    ) STRICT;

    CREATE TABLE IF NOT EXISTS leads (
      -- Never given out twice, so that "up to" keeps its meaning.
      id          INTEGER PRIMARY KEY AUTOINCREMENT,
      owner       TEXT NOT NULL REFERENCES people (id),
      title       TEXT NOT NULL,
      company     TEXT NOT NULL,
      phone       TEXT,
      value       INTEGER,
      assigned_at TEXT NOT NULL,
      assigned_by TEXT NOT NULL REFERENCES people (id),
      -- Given by the client: asking again after a lost answer assigns nothing twice.
      request_id  TEXT NOT NULL,
      UNIQUE (assigned_by, request_id)
    ) STRICT;

    CREATE INDEX IF NOT EXISTS leads_by_owner ON leads (owner, id);
  `)
  return db
}

/** Runs `work` in one transaction: all of what it writes is there afterwards, or after a throw none of it. */
export function transaction<Result>(db: DatabaseSync, work: () => Result): Result {
  // IMMEDIATE takes the write lock at once; a transaction that reads first and writes later could not wait for it.
  db.exec('BEGIN IMMEDIATE')
  try {
    const result = work()
    db.exec('COMMIT')
    return result
  } catch (error) {
    if (db.isTransaction) db.exec('ROLLBACK')
    throw error
  }
}
