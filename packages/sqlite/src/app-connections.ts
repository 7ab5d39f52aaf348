import type { DatabaseSync } from 'node:sqlite'
import { type NewEntry, SseError } from '@sse/server'
import { isConnectedTo } from './connections.ts'
import { EntryWriter } from './entry-writer.ts'

/** `PRAGMA synchronous` as SQLite answers it: 0 off, 1 normal, 2 full, 3 extra. */
const FULL = 2

/** The app's own connections that entries are stored through, each checked once. */
export class AppConnections {
  readonly #file: string
  readonly #writers = new WeakMap<DatabaseSync, EntryWriter>()

  constructor(file: string) {
    this.#file = file
  }

  write(db: DatabaseSync, entry: NewEntry, at: number): void {
    try {
      this.#writer(db).write(entry, at)
    } catch (error) {
      // The app has closed and opened it again: what was prepared before is gone.
      if (!(error instanceof Error && 'code' in error && error.code === 'ERR_INVALID_STATE')) throw error
      this.#writers.delete(db)
      this.#writer(db).write(entry, at)
    }
  }

  #writer(db: DatabaseSync): EntryWriter {
    let writer = this.#writers.get(db)
    if (!writer) {
      this.#check(db)
      writer = new EntryWriter(db)
      this.#writers.set(db, writer)
    }
    return writer
  }

  #check(db: DatabaseSync): void {
    if (!isConnectedTo(db, this.#file)) {
      throw optionInvalid(`insert: the connection is to another file than ${this.#file}`)
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
