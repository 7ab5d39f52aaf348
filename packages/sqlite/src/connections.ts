import { existsSync, realpathSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { SseError } from '@sse/server'
import { failed } from '@sse/server/engine-kit'
import { explain } from './failure.ts'

/** The file's absolute path: a later `process.chdir` moves nothing. */
export function resolveFile(path: string): string {
  if (typeof path !== 'string' || path.trim() === '' || path.startsWith(':memory:') || /^file:/i.test(path)) {
    throw new SseError(
      'option_invalid',
      `sqlite: ${JSON.stringify(path)} is not the path of a file; for a log in memory use memory()`,
    )
  }
  const file = resolve(path)
  if (!existsSync(dirname(file))) throw failed(`${file} cannot be opened: its folder does not exist`)
  return file
}

export interface ConnectionLimiter {
  readonly writer: DatabaseSync
  /** Sees what is committed only. */
  readonly reader: DatabaseSync
  close(): void
}

export function openConnections(file: string): ConnectionLimiter {
  try {
    // Neither waits for a lock (SQLite's busy timeout is 0): waiting would stop the event loop.
    const writer = new DatabaseSync(file)
    const reader = new DatabaseSync(file)
    return {
      writer,
      reader,
      close() {
        // The last to close copies the write-ahead log into the file.
        reader.close()
        writer.close()
      },
    }
  } catch (error) {
    throw explain(error, file)
  }
}

/**
 * Turns the write-ahead log on, which stays on in the file: reader and writer do not wait for each other. FULL: a
 * commit is on the disk before it is acknowledged; anything less may lose the last ones with the power.
 */
export function useWriteAheadLog({ writer, reader }: ConnectionLimiter, file: string): void {
  writer.exec('PRAGMA synchronous = FULL')
  reader.exec('PRAGMA query_only = ON')
  const { journal_mode } = writer.prepare('PRAGMA journal_mode = WAL').get() as { journal_mode: string }
  if (journal_mode === 'wal') return
  throw failed(`${file} cannot have a write-ahead log: its file system does not share memory (a network's?)`)
}

/** Whether a connection's main database is this file. */
export function isConnectedTo(db: DatabaseSync, file: string): boolean {
  const databases = db.prepare('PRAGMA database_list').all() as { name: string; file: string | null }[]
  const path = databases.find(({ name }) => name === 'main')?.file
  if (!path) return false
  return realpathSync(path) === realpathSync(file)
}

/** Which file a path names now. It changes when somebody replaces the file while it is open. */
export function fileIdentity(file: string): string | undefined {
  const stats = statSync(file, { throwIfNoEntry: false, bigint: true })
  return stats && `${stats.dev}:${stats.ino}`
}
