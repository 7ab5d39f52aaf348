import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { NewEntry } from '@sse/server'

const INTO = 'INSERT INTO main.sse_entries (at, channel, event, data, key, idempotency_key)'

/** Stores entries through one connection. Transactions are the caller's. */
export class EntryWriter {
  readonly #insert: StatementSync
  readonly #insertOnce: StatementSync
  readonly #findByIdempotencyKey: StatementSync

  constructor(db: DatabaseSync) {
    this.#insert = db.prepare(`${INTO} VALUES (?, ?, ?, ?, ?, NULL)`)
    // Not `ON CONFLICT DO NOTHING`: that uses up a position, and positions have no holes.
    this.#insertOnce = db.prepare(
      `${INTO} SELECT ?1, ?2, ?3, ?4, ?5, ?6
       WHERE NOT EXISTS (SELECT 1 FROM main.sse_entries WHERE idempotency_key = ?6)`,
    )
    this.#findByIdempotencyKey = db.prepare('SELECT position FROM main.sse_entries WHERE idempotency_key = ?')
  }

  /** @returns its position, or that of the entry which holds its `idempotencyKey`. */
  write({ channel, event, data, key = null, idempotencyKey }: StorableEntry, at: number): number {
    if (idempotencyKey === undefined) {
      return Number(this.#insert.run(at, channel, event, data, key).lastInsertRowid)
    }
    const { changes, lastInsertRowid } = this.#insertOnce.run(at, channel, event, data, key, idempotencyKey)
    if (changes) return Number(lastInsertRowid)
    return this.#findByIdempotencyKey.get(idempotencyKey)?.position as number
  }
}

type StorableEntry = Omit<NewEntry, 'key'> & { readonly key?: string | null | undefined }
