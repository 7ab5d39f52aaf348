import type { Commit, Engine, Entry, NewEntry, ReadOptions, Retention } from '@sse/server/engine-kit'
import { closed, makePage } from '@sse/server/engine-kit'

const TABLES = `
  CREATE TABLE IF NOT EXISTS sse_log (id INTEGER PRIMARY KEY, epoch TEXT NOT NULL, head INTEGER NOT NULL);
  INSERT INTO sse_log (id, epoch, head) VALUES (1, lower(hex(randomblob(6))), 0) ON CONFLICT DO NOTHING;
  CREATE TABLE IF NOT EXISTS sse_entries (
    position INTEGER PRIMARY KEY, at INTEGER NOT NULL, channel TEXT NOT NULL, event TEXT NOT NULL,
    data TEXT NOT NULL, key TEXT, idempotency_key TEXT
  );
  CREATE INDEX IF NOT EXISTS sse_entries_by_channel ON sse_entries (channel, position);
  CREATE INDEX IF NOT EXISTS sse_entries_by_key ON sse_entries (channel, idempotency_key)
    WHERE idempotency_key IS NOT NULL;
  CREATE TABLE IF NOT EXISTS sse_commits (
    subscriber TEXT PRIMARY KEY, epoch TEXT NOT NULL, position INTEGER NOT NULL, at INTEGER NOT NULL
  );
`
const COLUMNS = 'position, at, channel, event, data, key'

type Row = Entry & { key: string | null } & Record<string, SqlStorageValue>

/** Keeps a hub's log in the SQLite storage of a Durable Object, which outlives its memory. */
export class DurableEngine implements Engine {
  readonly rejectsOnlyUnstored = true
  /** A row of this storage has 2 MB at most. */
  readonly maxDataBytes = 1_900_000
  readonly #storage: DurableObjectStorage
  #isReady = false
  #isClosed = false

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage
  }

  async append(entries: readonly NewEntry[]): Promise<{ epoch: string; positions: number[] }> {
    const { epoch, head } = this.#state()
    const at = Date.now()
    const positions = this.#storage.transactionSync(() => {
      let last = head
      const stored = entries.map(({ channel, event, data, key = null, idempotencyKey = null }) => {
        const known = idempotencyKey === null ? undefined : this.#find(channel, idempotencyKey)
        if (known !== undefined) return known
        last += 1
        this.#run(
          `INSERT INTO sse_entries (${COLUMNS}, idempotency_key) VALUES (?, ?, ?, ?, ?, ?, ?)`,
          ...[last, at, channel, event, data, key, idempotencyKey],
        )
        return last
      })
      this.#run('UPDATE sse_log SET head = ?', last)
      return stored
    })
    // An event is sent once it is on disk: what a page has seen is never lost.
    await this.#storage.sync()
    return { epoch, positions }
  }

  async read(after: number, { limit, maxBytes, channels }: ReadOptions) {
    const state = this.#state()
    const most = Math.min(limit, Number.MAX_SAFE_INTEGER)
    const found = channels ? this.#ofChannels(after, most, channels) : this.#all(after, most)
    return makePage(state, after, found, { limit, maxBytes })
  }

  /** Only this object writes to its storage. */
  onWake(): () => void {
    return () => {}
  }

  async trim({ maxEvents, maxAgeMs, maxCommitAgeMs }: Retention): Promise<void> {
    const { head } = this.#state()
    const now = Date.now()
    this.#run(
      `DELETE FROM sse_entries WHERE position < coalesce(
        (SELECT min(position) FROM sse_entries WHERE position > ? AND at >= ?), ?)`,
      ...[Math.max(head - maxEvents, 0), Math.max(now - maxAgeMs, 0), head + 1],
    )
    this.#run('DELETE FROM sse_commits WHERE at < ?', Math.max(now - maxCommitAgeMs, 0))
  }

  async commit(subscriber: string, { epoch, position }: Commit): Promise<void> {
    this.#state()
    this.#run(
      `INSERT INTO sse_commits (subscriber, epoch, position, at) VALUES (?, ?, ?, ?)
       ON CONFLICT (subscriber) DO UPDATE SET at = excluded.at, epoch = excluded.epoch,
         position = iif(excluded.epoch = epoch, max(excluded.position, position), excluded.position)`,
      ...[subscriber, epoch, position, Date.now()],
    )
  }

  async committed(subscribers: readonly string[]): Promise<Map<string, Commit>> {
    this.#state()
    const rows = this.#run<{ subscriber: string; epoch: string; position: number }>(
      'SELECT subscriber, epoch, position FROM sse_commits WHERE subscriber IN (SELECT value FROM json_each(?))',
      JSON.stringify(subscribers),
    )
    return new Map([...rows].map(({ subscriber, epoch, position }) => [subscriber, { epoch, position }]))
  }

  async forget(subscriber: string): Promise<void> {
    this.#state()
    this.#run('DELETE FROM sse_commits WHERE subscriber = ?', subscriber)
  }

  async close(): Promise<void> {
    this.#isClosed = true
  }

  #state(): { epoch: string; head: number; oldest: number } {
    if (this.#isClosed) throw closed()
    if (!this.#isReady) this.#run(TABLES)
    this.#isReady = true
    return this.#run<{ epoch: string; head: number; oldest: number }>(
      'SELECT epoch, head, coalesce((SELECT min(position) FROM sse_entries), head + 1) AS oldest FROM sse_log',
    ).one()
  }

  #find(channel: string, idempotencyKey: string): number | undefined {
    const query = 'SELECT position FROM sse_entries WHERE channel = ? AND idempotency_key = ?'
    return this.#run<{ position: number }>(query, channel, idempotencyKey).toArray()[0]?.position
  }

  *#all(after: number, limit: number): Generator<Entry> {
    const query = `SELECT ${COLUMNS} FROM sse_entries WHERE position > ? ORDER BY position LIMIT ?`
    for (const row of this.#run<Row>(query, after, limit)) yield toEntry(row)
  }

  /** Finds the positions first, so that only entries of the page are read. */
  *#ofChannels(after: number, limit: number, channels: readonly string[]): Generator<Entry> {
    const query =
      'SELECT position FROM sse_entries WHERE channel = ? AND position > ? ORDER BY position LIMIT ?'
    const positions = [...new Set(channels)].flatMap((channel) =>
      [...this.#run<{ position: number }>(query, channel, after, limit)].map(({ position }) => position),
    )
    for (const position of positions.sort((a, b) => a - b).slice(0, limit)) {
      yield toEntry(this.#run<Row>(`SELECT ${COLUMNS} FROM sse_entries WHERE position = ?`, position).one())
    }
  }

  #run<Result extends Record<string, SqlStorageValue>>(query: string, ...bindings: SqlStorageValue[]) {
    return this.#storage.sql.exec<Result>(query, ...bindings)
  }
}

const toEntry = ({ key, ...entry }: Row): Entry => ({ ...entry, ...(key !== null && { key }) })
