import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { type Entry, type LogState, makePage, type Page, type ReadOptions } from '@sse/server/engine-kit'
import { MAX_AT, MAX_NAME_CHARS } from './migrations.ts'
import { transaction } from './transaction.ts'

const STATE = `
  SELECT
    (SELECT value FROM sse_meta WHERE name = 'epoch') AS epoch,
    max(
      coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'sse_entries'), 0),
      coalesce((SELECT max(position) FROM sse_entries), 0)
    ) AS head,
    (SELECT min(position) FROM sse_entries WHERE position > 0) AS oldest`

/** A name is NULL if it is none: another program may have written anything, and a hub skips an entry without a name. */
const name = (column: string) =>
  `CASE WHEN typeof(${column}) = 'text' AND length(${column}) <= ${MAX_NAME_CHARS} THEN ${column} END AS ${column}`

const COLUMNS = `
  position, CASE WHEN typeof(at) = 'integer' AND at BETWEEN 0 AND ${MAX_AT} THEN at ELSE 0 END AS at,
  ${name('channel')}, ${name('event')}, CASE WHEN typeof(data) = 'text' THEN data END AS data, ${name('key')},
  CASE WHEN typeof(traceparent) = 'text' AND length(traceparent) <= 64 THEN traceparent END AS traceparent`

export const SELECT_ALL: string = `SELECT ${COLUMNS} FROM sse_entries WHERE position > ? ORDER BY position LIMIT ?`
const SELECT_ONE = `SELECT ${COLUMNS} FROM sse_entries WHERE position = ?`

/** Maximum number of channels in one statement: SQLite allows 500 terms, but planning them takes time. */
const MAX_CHANNELS = 64

/**
 * Returns a statement that merges the positions of several channels by their index: SQLite takes from each what it needs,
 * so that a page costs its own entries, not those of other channels or of later pages.
 */
export function selectOfChannels(count: number): string {
  const arm = 'SELECT position FROM sse_entries WHERE channel = ? AND position > ?'
  return `${Array(count).fill(arm).join(' UNION ALL ')} ORDER BY position LIMIT ?`
}

/** Reads the log through one connection, each page in one consistent view. */
export class LogReader {
  readonly #db: DatabaseSync
  readonly #state: StatementSync
  readonly #all: StatementSync
  readonly #one: StatementSync
  readonly #ofChannels = new Map<number, StatementSync>()

  constructor(db: DatabaseSync) {
    this.#db = db
    this.#state = db.prepare(STATE)
    this.#all = db.prepare(SELECT_ALL)
    this.#one = db.prepare(SELECT_ONE)
  }

  read(after: number, { limit, maxBytes, channels }: ReadOptions): Page {
    return transaction(this.#db, 'deferred', () => {
      const state = this.#readState()
      const most = Math.min(limit, Number.MAX_SAFE_INTEGER)
      const rows = channels ? this.#readChannels(after, most, channels) : this.#all.iterate(after, most)
      return makePage(state, after, toEntries(rows), { limit, maxBytes })
    })
  }

  #readState(): LogState {
    const { epoch, head, oldest } = this.#state.get() as unknown as LogState & { oldest: number | null }
    return { epoch, head, oldest: oldest ?? head + 1 }
  }

  /** Finds the positions first: to merge whole rows would read one of each channel that is not returned. */
  *#readChannels(after: number, limit: number, channels: readonly string[]): Generator<Row> {
    const distinct = [...new Set(channels)]
    const positions: number[] = []
    for (let from = 0; from < distinct.length; from += MAX_CHANNELS) {
      positions.push(...this.#findPositions(after, limit, distinct.slice(from, from + MAX_CHANNELS)))
    }
    if (distinct.length > MAX_CHANNELS) positions.sort((a, b) => a - b)
    for (const position of positions.slice(0, limit)) yield this.#one.get(position) as Row
  }

  #findPositions(after: number, limit: number, channels: readonly string[]): number[] {
    // Powers of two, so that there are few statements. No entry has the channel NULL.
    const terms = 2 ** Math.ceil(Math.log2(channels.length))
    let statement = this.#ofChannels.get(terms)
    if (!statement) {
      statement = this.#db.prepare(selectOfChannels(terms))
      this.#ofChannels.set(terms, statement)
    }
    const values = Array.from({ length: terms }, (_, term) => [channels[term] ?? null, after]).flat()
    return statement.all(...values, limit).map(({ position }) => position as number)
  }
}

type Row = Record<string, unknown>
type Nullable = Record<'key' | 'traceparent', string | null>

function* toEntries(rows: Iterable<Row>): Generator<Entry> {
  for (const row of rows) {
    const { position, at, channel, event, data, key, traceparent } = row as unknown as Entry & Nullable
    yield { position, at, channel, event, data, key: key ?? undefined, ...(traceparent && { traceparent }) }
  }
}
