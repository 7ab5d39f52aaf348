import type { DatabaseSync } from 'node:sqlite'
import {
  type Commit,
  type Engine,
  type NewEntry,
  type Page,
  type PresenceStore,
  type ReadOptions,
  type Retention,
  TrimLoop,
} from '@sse/server/engine-kit'
import { CommitBatch } from './commits.ts'
import { toSseError } from './errors.ts'
import { AppConnections } from './insert.ts'
import { LogFile } from './log-file.ts'
import { MAX_DATA_BYTES } from './migrations.ts'
import { parseOptions, type SqliteOptions, type SqliteSettings } from './options.ts'
import { CommitWatcher } from './wake.ts'

/**
 * Stores a hub's log in an SQLite file, beside the app's own tables if you like: its own are named `sse_…`.
 *
 * Opens the file at first use, and creates it if it is missing; its folder must exist. Acknowledged events survive a
 * crash of the process or the machine, and `kill -9`; the epoch stays the same. Processes of one host may share the
 * file, machines over a network file system may not.
 *
 * @throws {SseError} `option_invalid`. Calls reject with `engine_failed` for a file that cannot be used: not a database,
 * corrupt, read-only, `sse_…` tables of another program, an SQLite too old to share it; with `engine_unavailable` while
 * retrying may succeed.
 */
export function sqlite(path: string, options: SqliteOptions = {}): SqliteEngine {
  return new SqliteEngine(parseOptions(path, options))
}

/** Longest wait for a lock after which a hub still waits for the append: it gives up after 30 seconds. */
const LONGEST_CERTAIN_MS = 20_000

/** A hub's log in an SQLite file, shared by the processes of one host. */
export class SqliteEngine implements Engine<DatabaseSync> {
  readonly rejectsOnlyUnstored: boolean
  readonly maxDataBytes: number = MAX_DATA_BYTES
  readonly presence: PresenceStore = {
    enter: (process, members, ttlMs) =>
      this.#file.run(({ presence }) => presence.enter(process, members, ttlMs)),
    leave: (process, members) => this.#file.run(({ presence }) => presence.leave(process, members)),
    touch: (process, ttlMs) => this.#file.run(({ presence }) => presence.touch(process, ttlMs)),
    present: (channel) => this.#file.run(({ presence }) => presence.present(channel)),
  }
  readonly #file: LogFile
  readonly #wake: CommitWatcher
  readonly #appConnections: AppConnections
  readonly #commits = new CommitBatch((all) => this.#file.run(({ commits }) => commits.set(all)))
  readonly #trimming = new TrimLoop((retention) => this.#trimPiece(retention))

  constructor({ file, pollMs, busyTimeoutMs }: SqliteSettings) {
    this.#file = new LogFile(file, busyTimeoutMs)
    this.rejectsOnlyUnstored = busyTimeoutMs <= LONGEST_CERTAIN_MS
    this.#wake = new CommitWatcher(this.#file, pollMs)
    this.#appConnections = new AppConnections(this.#file)
  }

  /** While the file is watched: a check every 5 seconds finds what the system did not tell of. */
  get hasReliableWakes(): boolean {
    return this.#wake.isWatching
  }

  append(entries: readonly NewEntry[]): Promise<{ epoch: string; positions: number[] }> {
    return this.#file.run(({ appender }) => {
      this.#file.checkIdentity()
      return appender.append(entries)
    })
  }

  /**
   * Stores an entry through the app's own connection to the same file, inside the transaction that is open on it: rows
   * and event are committed together, and a rollback leaves neither. Without a transaction, the entry is committed at
   * once. Subscribers get it as soon as it is committed. `hub.publishIn` calls this.
   *
   * The connection must be at `PRAGMA synchronous = FULL`, SQLite's own default. Begin the transaction with
   * `BEGIN IMMEDIATE`: a plain `BEGIN` that has read before it writes fails when another connection wrote in between.
   *
   * @throws {SseError} `option_invalid` for a connection to another file or below FULL; `engine_unavailable` when the
   * file is locked, the disk is full or the engine is closed; `engine_failed`.
   */
  insert(entry: NewEntry, db: DatabaseSync): void {
    try {
      this.#appConnections.insert(entry, db)
    } catch (error) {
      throw toSseError(error, this.#file.path)
    }
    this.#wake.wakeSoon()
  }

  read(after: number, options: ReadOptions): Promise<Page> {
    return this.#file.run(({ reader }) => reader.read(after, options))
  }

  onWake(callback: () => void): () => void {
    return this.#wake.add(callback)
  }

  trim(retention: Retention): Promise<void> {
    return this.#trimming.trim(retention)
  }

  async #trimPiece(retention: Retention): Promise<boolean> {
    const hasMore = await this.#file.run(({ trimmer }) => trimmer.trimPiece(retention))
    if (hasMore) await new Promise((resolve) => setImmediate(resolve))
    return hasMore
  }

  commit(subscriber: string, { epoch, position }: Commit): Promise<void> {
    return this.#commits.add({ subscriber, epoch, position })
  }

  committed(subscribers: readonly string[]): Promise<Map<string, Commit>> {
    return this.#file.run(({ commits }) => commits.get(subscribers))
  }

  forget(subscriber: string): Promise<void> {
    return this.#file.run(({ commits }) => commits.forget(subscriber))
  }

  async close(): Promise<void> {
    this.#wake.close()
    this.#file.close()
  }
}
