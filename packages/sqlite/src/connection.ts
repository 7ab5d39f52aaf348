import { existsSync, realpathSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { failed } from '@sse/server/engine-kit'

/** The engine's two connections to its file. */
export interface Connections {
  readonly writer: DatabaseSync
  /** Sees committed data only. */
  readonly reader: DatabaseSync
  close(): void
}

/** Opens the file; SQLite creates it if it is missing. Throws what SQLite throws. */
export function openConnections(file: string): Connections {
  if (!existsSync(dirname(file))) throw failed(`${file} cannot be opened: its folder does not exist`)
  // Neither waits for a lock (SQLite's busy timeout is 0): waiting would stop the event loop.
  const writer = new DatabaseSync(file)
  const reader = new DatabaseSync(file)
  return {
    writer,
    reader,
    close() {
      // The last one to close copies the write-ahead log into the file.
      reader.close()
      writer.close()
    },
  }
}

/**
 * Switches the write-ahead log on, for good: reader and writer do not wait for each other. FULL: a commit is on the
 * disk before it is acknowledged; with anything less, a power cut may lose the last ones.
 */
export function useWriteAheadLog({ writer, reader }: Connections, file: string): void {
  writer.exec('PRAGMA synchronous = FULL')
  reader.exec('PRAGMA query_only = ON')
  const { journal_mode } = writer.prepare('PRAGMA journal_mode = WAL').get() as { journal_mode: string }
  if (journal_mode === 'wal') return
  throw failed(`${file} cannot have a write-ahead log: its file system does not share memory (a network's?)`)
}

/** Returns whether the main database of a connection is this file. */
export function isConnectedTo(db: DatabaseSync, file: string): boolean {
  const databases = db.prepare('PRAGMA database_list').all() as { name: string; file: string | null }[]
  const path = databases.find(({ name }) => name === 'main')?.file
  if (!path) return false
  return realpathSync(path) === realpathSync(file)
}

/** Identifies the file behind a path. Changes when the file is replaced while it is open. */
export function fileIdentity(file: string): string | undefined {
  const stats = statSync(file, { throwIfNoEntry: false, bigint: true })
  return stats && `${stats.dev}:${stats.ino}`
}
