import type { DatabaseSync } from 'node:sqlite'
import { failed } from '@sse/server/engine-kit'

/** Latest time of an entry, in milliseconds since 1970: a time in microseconds is a mistake, and would never be trimmed. */
export const MAX_AT = 99_999_999_999_999

const MAX_POSITION = Number.MAX_SAFE_INTEGER
/** Maximum size of one payload in bytes of UTF-8. */
export const MAX_DATA_BYTES = 67_108_864
/** Maximum length of the name of an event. A hub's other names are shorter. */
export const MAX_NAME_CHARS = 1_024

/** A name as a hub accepts it: 1 to 256 characters, no control characters. */
const isName = (column: string) => `(
      length(${column}) BETWEEN 1 AND 256 AND instr(${column}, char(0)) = 0
      AND ${column} NOT GLOB '*[\u0001-\u001f\u007f-\u009f]*' -- a literal takes half the time of char(1) and the like
    )`

/** Versions up to this one had other tables, and were never released. */
const UNRELEASED = 2

/** Each runs once for a file, in this order. A released migration never changes. */
const MIGRATIONS = [
  `
  CREATE TABLE sse_meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
  INSERT INTO sse_meta (name, value) VALUES ('owner', '@sse/sqlite'), ('epoch', lower(hex(randomblob(6))));

  -- What a hub could not deliver is refused here, since another program may have written it.
  -- AUTOINCREMENT: a position is never used again, even after everything was trimmed.
  CREATE TABLE sse_entries (
    position INTEGER PRIMARY KEY AUTOINCREMENT CHECK (position BETWEEN 1 AND ${MAX_POSITION}),
    at INTEGER NOT NULL CHECK (at BETWEEN 0 AND ${MAX_AT}),
    channel TEXT NOT NULL CHECK ${isName('channel')},
    event TEXT NOT NULL CHECK (
      length(event) BETWEEN 1 AND ${MAX_NAME_CHARS} AND instr(event, char(0)) = 0 AND event NOT GLOB '*[\n\r]*'
    ),
    data TEXT NOT NULL CHECK (octet_length(data) <= ${MAX_DATA_BYTES}),
    key TEXT CHECK ${isName('key')},
    idempotency_key TEXT CHECK ${isName('idempotency_key')}
  ) STRICT;
  -- Every index ends in the rowid, which is the position: a channel's entries in order.
  CREATE INDEX sse_entries_by_channel ON sse_entries (channel);
  CREATE UNIQUE INDEX sse_entries_by_idempotency_key ON sse_entries (channel, idempotency_key)
    WHERE idempotency_key IS NOT NULL;

  -- The time is that of the last call, even if the position did not change.
  CREATE TABLE sse_commits (
    subscriber TEXT PRIMARY KEY,
    epoch TEXT NOT NULL,
    position INTEGER NOT NULL CHECK (position BETWEEN 0 AND ${MAX_POSITION}),
    at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX sse_commits_by_at ON sse_commits (at);

  CREATE TABLE sse_processes (
    engine TEXT PRIMARY KEY,
    pid INTEGER NOT NULL,
    sqlite_version TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE sse_presence (process TEXT PRIMARY KEY, expires_at INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE sse_members (
    channel TEXT NOT NULL,
    identity TEXT NOT NULL,
    process TEXT NOT NULL,
    PRIMARY KEY (channel, identity, process)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX sse_members_by_process ON sse_members (process);
  `,
  // Of the publisher, as in W3C Trace Context. NULL for most entries.
  'ALTER TABLE sse_entries ADD COLUMN traceparent TEXT CHECK (length(traceparent) <= 64)',
]
const CURRENT = UNRELEASED + MIGRATIONS.length

/**
 * Brings the tables up to date, inside the caller's transaction.
 *
 * @throws {SseError} `engine_failed` for `sse_…` tables of another program, of a newer or of an unreleased version.
 */
export function migrate(db: DatabaseSync, file: string): void {
  const version = schemaVersion(db, file)
  if (version === CURRENT) return
  for (const migration of MIGRATIONS.slice(Math.max(0, version - UNRELEASED))) db.exec(migration)
  db.prepare(
    `INSERT INTO sse_meta (name, value) VALUES ('version', ?)
     ON CONFLICT (name) DO UPDATE SET value = excluded.value`,
  ).run(String(CURRENT))
}

/**
 * Returns whether a file has tables that this version can read, and changes nothing.
 *
 * @throws {SseError} `engine_failed`, as `migrate`.
 */
export function isMigrated(db: DatabaseSync, file: string): boolean {
  return schemaVersion(db, file) === CURRENT
}

/** Returns the version of a file's tables; 0 for a file without our tables. */
function schemaVersion(db: DatabaseSync, file: string): number {
  const version = readVersion(db, file)
  if (version > CURRENT) {
    throw failed(
      `${file} was written by a newer @sse/sqlite (tables ${version}, known ${CURRENT}): upgrade this process`,
    )
  }
  if (version > 0 && version <= UNRELEASED) {
    throw failed(
      `${file} was written by @sse/sqlite before its first release (tables ${version}, known ${CURRENT}): drop its tables named sse_…, or use another file`,
    )
  }
  return version
}

function readVersion(db: DatabaseSync, file: string): number {
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
