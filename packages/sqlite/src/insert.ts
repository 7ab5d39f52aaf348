import type { DatabaseSync } from 'node:sqlite'
import { SseError } from '@sse/server'
import type { NewEntry } from '@sse/server/engine-kit'
import { EntryWriter } from './append.ts'
import { isConnectedTo } from './connection.ts'
import { isBusy } from './errors.ts'
import type { LogFile } from './log-file.ts'
import { migrate } from './migrations.ts'

/** `PRAGMA synchronous` as SQLite returns it: 0 off, 1 normal, 2 full, 3 extra. */
const FULL = 2

/** Stores entries through the app's own connections, each checked once. */
export class AppConnections {
  readonly #file: LogFile
  readonly #writers = new WeakMap<DatabaseSync, EntryWriter>()

  constructor(file: LogFile) {
    this.#file = file
  }

  insert(entry: NewEntry, db: DatabaseSync): void {
    const hasTables = this.#hasTables()
    const at = Date.now()
    try {
      this.#writer(db, hasTables).write(entry, at)
    } catch (error) {
      // The app has closed and reopened the connection: its prepared statements are gone.
      if (!(error instanceof Error && 'code' in error && error.code === 'ERR_INVALID_STATE')) throw error
      this.#writers.delete(db)
      this.#writer(db, hasTables).write(entry, at)
    }
  }

  /** Returns `false` while another connection, perhaps the app's own transaction, keeps the engine from creating them. */
  #hasTables(): boolean {
    try {
      this.#file.tables()
      return true
    } catch (error) {
      if (isBusy(error)) return false
      throw error
    }
  }

  #writer(db: DatabaseSync, hasTables: boolean): EntryWriter {
    let writer = this.#writers.get(db)
    if (!writer) this.#check(db)
    // The first insert of a new file, in a transaction that holds the lock: the tables become part of it.
    if (!hasTables) migrate(db, this.#file.path)
    if (!writer) {
      writer = new EntryWriter(db)
      this.#writers.set(db, writer)
    }
    return writer
  }

  #check(db: DatabaseSync): void {
    if (!isConnectedTo(db, this.#file.path)) {
      throw optionInvalid(`insert: the connection is to another file than ${this.#file.path}`)
    }
    if (Number(db.prepare('PRAGMA synchronous').get()?.synchronous) < FULL) {
      throw optionInvalid(
        'insert: the connection is below PRAGMA synchronous = FULL: a power cut could take back events that ' +
          'subscribers have seen',
      )
    }
  }
}

function optionInvalid(message: string): SseError {
  return new SseError('option_invalid', message)
}
