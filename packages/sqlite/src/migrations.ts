import type { DatabaseSync } from 'node:sqlite'
import { failed } from '@sse/server/engine-kit'

/** Each runs once for a file, in this order. A released migration never changes. */
const MIGRATIONS = [
  `
  CREATE TABLE sse_meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
  INSERT INTO sse_meta (name, value) VALUES ('owner', '@sse/sqlite'), ('epoch', lower(hex(randomblob(6))));

  -- AUTOINCREMENT: a position is never used again, even after everything was trimmed.
  CREATE TABLE sse_entries (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    at INTEGER NOT NULL,
    channel TEXT NOT NULL CHECK (
      length(channel) BETWEEN 1 AND 256 AND instr(channel, char(0)) = 0
      AND channel NOT GLOB '*[\u0001-\u001f\u007f-\u009f]*' -- a literal takes half the time of char(1) and the like
    ),
    -- What a hub cannot put on one line of the wire format is refused here, where another program may have written it.
    event TEXT NOT NULL CHECK (
      event <> '' AND instr(event, char(0)) = 0 AND event NOT GLOB '*[\n\r]*'
    ),
    data TEXT NOT NULL,
    key TEXT,
    idempotency_key TEXT
  ) STRICT;
  -- Every index ends in the rowid, which is the position: a channel's entries in order.
  CREATE INDEX sse_entries_by_channel ON sse_entries (channel);
  CREATE UNIQUE INDEX sse_entries_by_idempotency_key ON sse_entries (channel, idempotency_key)
    WHERE idempotency_key IS NOT NULL;

  CREATE TABLE sse_commits (
    subscriber TEXT PRIMARY KEY,
    epoch TEXT NOT NULL,
    position INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE sse_processes (
    engine TEXT PRIMARY KEY,
    pid INTEGER NOT NULL,
    sqlite_version TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  `,
  `
  CREATE TABLE sse_presence (process TEXT PRIMARY KEY, expires_at INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE sse_members (
    channel TEXT NOT NULL,
    identity TEXT NOT NULL,
    process TEXT NOT NULL,
    PRIMARY KEY (channel, identity, process)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX sse_members_by_process ON sse_members (process);
  `,
]

/**
 * Brings the tables up to date, inside the caller's transaction.
 *
 * @throws {SseError} `engine_failed` for `sse_…` tables of another program, or of a newer version.
 */
export function migrate(db: DatabaseSync, file: string): void {
  const version = schemaVersion(db, file)
  if (version > MIGRATIONS.length) {
    throw failed(
      `${file} was written by a newer @sse/sqlite (tables ${version}, known ${MIGRATIONS.length}): upgrade this process`,
    )
  }
  if (version === MIGRATIONS.length) return
  for (const migration of MIGRATIONS.slice(version)) db.exec(migration)
  db.prepare(
    `INSERT INTO sse_meta (name, value) VALUES ('version', ?)
     ON CONFLICT (name) DO UPDATE SET value = excluded.value`,
  ).run(String(MIGRATIONS.length))
}

/** Returns the number of migrations a file has seen; 0 for a file without our tables. */
function schemaVersion(db: DatabaseSync, file: string): number {
  const tables = db
    .prepare(`SELECT name FROM sqlite_schema WHERE type IN ('table', 'view') AND name GLOB 'sse_*'`)
    .all()
    .map(({ name }) => String(name))
  if (tables.length === 0) return 0
  const meta = new Map<unknown, unknown>()
  if (tables.includes('sse_meta')) {
    try {
      for (const { name, value } of db.prepare('SELECT name, value FROM sse_meta').all())
        meta.set(name, value)
    } catch {
      // Another program's table, with other columns.
    }
  }
  const version = Number(meta.get('version'))
  if (meta.get('owner') === '@sse/sqlite' && version > 0) return version
  throw failed(
    `${file} has tables named sse_… of another program (${tables.join(', ')}): rename them, or use another file`,
  )
}
