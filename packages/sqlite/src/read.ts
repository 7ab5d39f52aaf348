import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { Entry, LogState, Page } from '@sse/server/engine-kit'
import { transaction } from './transaction.ts'

const STATE = `
  SELECT
    (SELECT value FROM sse_meta WHERE name = 'epoch') AS epoch,
    coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'sse_entries'), 0) AS head,
    (SELECT min(position) FROM sse_entries) AS oldest`

const COLUMNS = 'position, at, channel, event, data, key'

/** Maximum number of channels in one statement: SQLite allows 500 terms, but planning them takes time. */
const MAX_CHANNELS = 64

/**
 * Returns a statement that merges several channels by their index: SQLite takes from each what it needs, so that a page
 * costs its own entries, not those of other channels or of later pages.
 */
export function selectOfChannels(count: number): string {
  const arm = `SELECT ${COLUMNS} FROM sse_entries WHERE channel = ? AND position > ?`
  return `${Array(count).fill(arm).join(' UNION ALL ')} ORDER BY position LIMIT ?`
}

/** Reads the log through one connection, each page in one consistent view. */
export class LogReader {
  readonly #db: DatabaseSync
  readonly #state: StatementSync
  readonly #all: StatementSync
  readonly #ofChannels = new Map<number, StatementSync>()

  constructor(db: DatabaseSync) {
    this.#db = db
    this.#state = db.prepare(STATE)
    this.#all = db.prepare(`SELECT ${COLUMNS} FROM sse_entries WHERE position > ? ORDER BY position LIMIT ?`)
  }

  read(after: number, limit: number, channels?: readonly string[]): Page {
    return transaction(this.#db, 'deferred', () => ({
      ...this.#readState(),
      entries:
        limit <= 0 ? [] : channels ? this.#readChannels(after, limit, channels) : this.#readAll(after, limit),
    }))
  }

  #readState(): LogState {
    const { epoch, head, oldest } = this.#state.get() as unknown as LogState & { oldest: number | null }
    return { epoch, head, oldest: oldest ?? head + 1 }
  }

  #readAll(after: number, limit: number): Entry[] {
    return this.#all.all(after, limit).map(toEntry)
  }

  #readChannels(after: number, limit: number, channels: readonly string[]): Entry[] {
    const distinct = [...new Set(channels)]
    const pages: Entry[][] = []
    for (let from = 0; from < distinct.length; from += MAX_CHANNELS) {
      pages.push(this.#readGroup(after, limit, distinct.slice(from, from + MAX_CHANNELS)))
    }
    if (pages.length <= 1) return pages[0] ?? []
    return pages
      .flat()
      .sort((a, b) => a.position - b.position)
      .slice(0, limit)
  }

  #readGroup(after: number, limit: number, channels: readonly string[]): Entry[] {
    // Powers of two, so that there are few statements. No entry has the channel NULL.
    const terms = 2 ** Math.ceil(Math.log2(channels.length))
    let statement = this.#ofChannels.get(terms)
    if (!statement) {
      statement = this.#db.prepare(selectOfChannels(terms))
      this.#ofChannels.set(terms, statement)
    }
    const values = Array.from({ length: terms }, (_, term) => [channels[term] ?? null, after]).flat()
    return statement.all(...values, limit).map(toEntry)
  }
}

function toEntry(row: Record<string, unknown>): Entry {
  const { position, at, channel, event, data, key } = row as unknown as Entry & { key: string | null }
  return { position, at, channel, event, data, key: key ?? undefined }
}
