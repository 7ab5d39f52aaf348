import type { DatabaseSync } from 'node:sqlite'
import type { Engine, NewEntry, PresenceStore } from '@sse/server'

/** A hub's log in a file, and a way into it for the app's own transactions. */
export interface SqliteEngine extends Engine {
  readonly presence: PresenceStore
  /**
   * Stores an entry (`hub.entry(…)`) through the app's own connection to the same file, inside the transaction
   * that is open on it: rows and event are committed together, and a rollback leaves nothing. Without a
   * transaction the entry is committed at once. Subscribers get it as soon as it is committed.
   *
   * The connection has to be at `PRAGMA synchronous = FULL`, SQLite's own default. Begin the transaction with
   * `BEGIN IMMEDIATE`: a plain `BEGIN` that has read before it writes fails when somebody wrote in between.
   *
   * @throws {SseError} `option_invalid` for a connection to another file or below FULL; `engine_unavailable`
   * when the file is locked, the disk full or the engine closed; `engine_failed`.
   */
  insert(entry: NewEntry, db: DatabaseSync): void
}
