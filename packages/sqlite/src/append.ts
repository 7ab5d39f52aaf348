import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { NewEntry } from '@sse/server/engine-kit'
import { transaction } from './transaction.ts'

const INTO = 'INSERT INTO main.sse_entries (at, channel, event, data, key, traceparent, idempotency_key)'

/** SQLite's code of an entry whose key is taken. */
const CONSTRAINT_UNIQUE = 2067

/** Appends batches of entries, each in one transaction. */
export class Appender {
  readonly #db: DatabaseSync
  readonly #epoch: StatementSync
  readonly #writer: EntryWriter

  constructor(db: DatabaseSync) {
    this.#db = db
    this.#epoch = db.prepare(`SELECT value FROM sse_meta WHERE name = 'epoch'`)
    this.#writer = new EntryWriter(db)
  }

  append(entries: readonly NewEntry[]): { epoch: string; positions: number[] } {
    return transaction(this.#db, 'immediate', () => {
      const at = Date.now()
      return {
        epoch: String(this.#epoch.get()?.value),
        positions: entries.map((entry) => this.#writer.write(entry, at)),
      }
    })
  }
}

/** Stores entries through one connection. Transactions are up to the caller. */
export class EntryWriter {
  readonly #insert: StatementSync
  readonly #insertOnce: StatementSync
  readonly #findByIdempotencyKey: StatementSync

  constructor(db: DatabaseSync) {
    this.#insert = db.prepare(`${INTO} VALUES (?, ?, ?, ?, ?, ?, NULL)`)
    this.#insertOnce = db.prepare(`${INTO} VALUES (?, ?, ?, ?, ?, ?, ?)`)
    this.#findByIdempotencyKey = db.prepare(
      'SELECT position FROM main.sse_entries WHERE channel = ? AND idempotency_key = ?',
    )
  }

  /** @returns the entry's position, or that of the earlier entry with its channel and `idempotencyKey`. */
  write(entry: StorableEntry, at: number): number {
    const { channel, event, data, key = null, idempotencyKey, traceparent = null } = entry
    if (idempotencyKey === undefined) {
      return Number(this.#insert.run(at, channel, event, data, key, traceparent).lastInsertRowid)
    }
    try {
      const { lastInsertRowid } = this.#insertOnce.run(
        at,
        channel,
        event,
        data,
        key,
        traceparent,
        idempotencyKey,
      )
      return Number(lastInsertRowid)
    } catch (error) {
      // Most keys are new, so they are not looked up first. `ON CONFLICT DO NOTHING` would use up a position; a statement
      // that fails does not.
      if ((error as { errcode?: number }).errcode !== CONSTRAINT_UNIQUE) throw error
      return this.#findByIdempotencyKey.get(channel, idempotencyKey)?.position as number
    }
  }
}

type StorableEntry = Omit<NewEntry, 'key'> & { readonly key?: string | null | undefined }
