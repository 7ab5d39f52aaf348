/**
 * Reads a log without opening it as an engine: for tools.
 *
 * @module
 */
import { existsSync, statSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { pathToFileURL } from 'node:url'
import {
  failed,
  type Listed,
  type LogInspector,
  type Member,
  type SubscriberCommit,
} from '@sse/server/engine-kit'
import { toSseError } from './errors.ts'
import { isMigrated } from './migrations.ts'
import { parseOptions } from './options.ts'
import { LogReader } from './read.ts'

/**
 * Returns an inspector of the log in an SQLite file. It creates no file, not even those that SQLite puts beside a
 * database, and takes no lock that a hub waits for.
 *
 * @throws {SseError} `option_invalid`.
 */
export function inspectSqlite(path: string): LogInspector {
  const { file } = parseOptions(path, {})
  const run = async <Result>(work: (db: DatabaseSync) => Result): Promise<Result> => {
    let db: DatabaseSync | undefined
    try {
      db = openReadOnly(file)
      if (!isMigrated(db, file))
        throw failed(`${file} has no log of @sse/sqlite: a hub creates it at first use`)
      return work(db)
    } catch (error) {
      throw toSseError(error, file)
    } finally {
      db?.close()
    }
  }
  return {
    read: (after, options) => run((db) => new LogReader(db).read(after, options)),
    commits: (limit) => run((db) => listCommits(db, limit)),
    members: (limit) => run((db) => listMembers(db, limit)),
    close: async () => {},
  }
}

/**
 * Opens the file for one call: whether it has a write-ahead log may change between two. With one, the shared memory
 * beside it is only read. Without one, no process has the file open, and it does not change.
 */
function openReadOnly(file: string): DatabaseSync {
  if (!takesUrls()) throw failed('Reading an SQLite file without changing it requires Node 22.15 or later')
  const stats = statSync(file, { throwIfNoEntry: false })
  if (!stats) throw failed(`${file} does not exist`)
  if (!stats.isFile()) throw failed(`${file} is not a file`)
  const url = pathToFileURL(file)
  const hasLog = existsSync(`${file}-wal`)
  if (hasLog && !existsSync(`${file}-shm`)) {
    throw failed(
      `${file} was copied while it was open: its -shm file is missing. Open it once with the sqlite3 shell`,
    )
  }
  url.search = hasLog ? 'readonly_shm=1' : 'immutable=1'
  return new DatabaseSync(url, { readOnly: true })
}

function listCommits(db: DatabaseSync, limit: number): Listed<SubscriberCommit> {
  const items = db
    .prepare('SELECT subscriber, epoch, position FROM sse_commits ORDER BY at DESC LIMIT ?')
    .all(limit)
  return {
    items: items as unknown as SubscriberCommit[],
    total: countOf(db, 'SELECT count(*) AS n FROM sse_commits'),
  }
}

function listMembers(db: DatabaseSync, limit: number): Listed<Member> {
  const present = `SELECT DISTINCT channel, identity FROM sse_members JOIN sse_presence USING (process)
    WHERE expires_at > ${Date.now()}`
  const items = db.prepare(`${present} ORDER BY channel, identity LIMIT ?`).all(limit)
  return { items: items as unknown as Member[], total: countOf(db, `SELECT count(*) AS n FROM (${present})`) }
}

function countOf(db: DatabaseSync, select: string): number {
  return Number(db.prepare(select).get()?.n)
}

/** Whether SQLite can be opened with parameters, as in https://sqlite.org/uri.html. */
function takesUrls(): boolean {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  return major > 22 || (major === 22 && minor >= 15)
}
