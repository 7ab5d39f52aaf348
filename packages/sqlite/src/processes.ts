import type { DatabaseSync } from 'node:sqlite'
import { failed } from '@sse/server/engine-kit'

/** Earlier versions may corrupt a write-ahead log that restarts while two processes write at the same instant. */
const SAFE_TO_SHARE = '3.51.3'

/** Engines of this process. Rows with its pid but another engine are left over from an earlier process of that pid. */
const enginesHere = new Set<string>()

interface Row {
  engine: string
  pid: number
  sqlite_version: string
}

/**
 * Registers this process among those that have the file open, inside the caller's transaction, and removes dead ones.
 *
 * @throws {SseError} `engine_failed` when one of several processes has an SQLite that may corrupt a shared file.
 */
export function enterProcess(db: DatabaseSync, file: string, engine: string): void {
  const { version } = db.prepare('SELECT sqlite_version() AS version').get() as { version: string }
  const rows = db.prepare('SELECT engine, pid, sqlite_version FROM sse_processes').all() as unknown as Row[]
  for (const row of rows) if (!isOpen(row)) leaveProcess(db, row.engine)
  const sharing = rows.filter((row) => row.pid !== process.pid && isOpen(row))
  const unsafe = [{ pid: process.pid, sqlite_version: version }, ...sharing].find(
    (each) => !isSafeToShare(each.sqlite_version),
  )
  if (sharing.length > 0 && unsafe) {
    throw failed(
      `${file} is also open in process ${[...new Set(sharing.map(({ pid }) => pid))].join(', ')}, and process ${unsafe.pid} ` +
        `has SQLite ${unsafe.sqlite_version}, which may corrupt a shared file: use ${SAFE_TO_SHARE} or later in all of ` +
        'them (Node 24, or 22.23), or one file each',
    )
  }
  db.prepare('INSERT OR IGNORE INTO sse_processes (engine, pid, sqlite_version) VALUES (?, ?, ?)').run(
    engine,
    process.pid,
    version,
  )
  enginesHere.add(engine)
}

export function leaveProcess(db: DatabaseSync, engine: string): void {
  enginesHere.delete(engine)
  db.prepare('DELETE FROM sse_processes WHERE engine = ?').run(engine)
}

function isOpen({ engine, pid }: Row): boolean {
  return pid === process.pid ? enginesHere.has(engine) : isAlive(pid)
}

function isSafeToShare(version: string): boolean {
  return version.localeCompare(SAFE_TO_SHARE, 'en', { numeric: true }) >= 0
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0) // sends nothing
    return true
  } catch (error) {
    // EPERM: the process exists and belongs to another user.
    return (error as NodeJS.ErrnoException).code !== 'ESRCH'
  }
}
