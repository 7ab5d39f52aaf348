import { createHash, randomUUID } from 'node:crypto'
import {
  type Commit,
  closed,
  type Engine,
  type NewEntry,
  type Page,
  type PresenceStore,
  type ReadOptions,
  type Retention,
  TrimLoop,
} from '@sse/server/engine-kit'
import { appendEntries, type Sender } from './append.ts'
import { Commits } from './commits.ts'
import { Database } from './database.ts'
import { SeenLog } from './epoch.ts'
import { insertEntry, type PostgresTx } from './insert.ts'
import { Notifier } from './notify.ts'
import { type PostgresOptions, type PostgresSettings, parseOptions } from './options.ts'
import { OutboxRelay } from './outbox.ts'
import { Presence } from './presence.ts'
import { readPage } from './read.ts'
import { MAX_DATA_BYTES } from './sql/tables.ts'
import { Trimmer } from './trim.ts'
import { WakeListener } from './wake.ts'

/**
 * Stores a hub's log in Postgres 14 or later, in its own tables, which it creates.
 *
 * Uses up to five connections: to append, to read, to read history, for upkeep, and to listen. Each opens at its first
 * use and reconnects by itself: a process that only publishes has one. Without a reader, nothing listens or polls.
 * Acknowledged events are on the server's disk; the epoch changes with a failover, not with a restart.
 *
 * @param options or a URL.
 * @throws {SseError} `option_invalid`. Calls reject with `engine_unavailable` while retrying may succeed, else with
 * `engine_failed`.
 */
export function postgres(options: PostgresOptions | string = {}): PostgresEngine {
  return new PostgresEngine(parseOptions(options))
}

/** A hub's log in a Postgres database, shared by any number of processes. */
export class PostgresEngine implements Engine<PostgresTx> {
  readonly maxDataBytes: number = MAX_DATA_BYTES
  readonly presence: PresenceStore
  readonly #database: Database
  readonly #seen = new SeenLog()
  readonly #sender: Sender
  readonly #wake: WakeListener
  readonly #notifier: Notifier
  readonly #outbox: OutboxRelay
  readonly #commits: Commits
  readonly #trimming: TrimLoop

  constructor(settings: PostgresSettings) {
    const { schema, name, warn } = settings
    const self = randomUUID()
    // Names of channels end after 63 bytes.
    const topic = `sse_${createHash('sha256').update(`${schema}/${name}`).digest('hex').slice(0, 32)}`
    this.#sender = { topic, self }
    this.#database = new Database(settings)
    this.#wake = new WakeListener({
      database: this.#database,
      topic,
      self,
      onOutbox: () => this.#outbox.expect(),
      warn,
    })
    this.#notifier = new Notifier(this.#database, topic, self)
    this.#outbox = new OutboxRelay({
      database: this.#database,
      hasNotifications: () => this.#wake.isProven,
      onMoved: () => {
        this.#wake.wake()
        this.#notifier.notify()
      },
      warn,
    })
    this.#commits = new Commits(this.#database)
    const trimmer = new Trimmer(this.#database)
    this.#trimming = new TrimLoop((retention) => trimmer.trimPiece(retention))
    this.presence = new Presence(this.#database)
  }

  /** While notifications arrive: a process that dies between its commit and its notification tells of nothing. */
  get hasReliableWakes(): boolean {
    return this.#wake.isProven
  }

  async append(entries: readonly NewEntry[]): Promise<{ epoch: string; positions: number[] }> {
    const { isNotified, ...appended } = await appendEntries(this.#database, this.#seen, entries, this.#sender)
    if (!isNotified) this.#notifier.notify()
    return appended
  }

  /**
   * Stores an entry through the app's own connection, inside the transaction that is open on it: rows and event are
   * committed together, and a rollback leaves neither. Without a transaction, the entry is committed at once.
   * `hub.publishIn` calls this.
   *
   * An event gets its position after the commit, so there is no id yet. This process moves it into the log 5 ms later
   * at the earliest, then at intervals that grow to 250 ms, for 15 seconds. Every process of the hub that has a reader
   * does so once a second, and each publish does so first. No publisher or reader waits for a transaction that stays
   * open.
   *
   * @throws {SseError} `engine_unavailable`, `engine_failed`: the engine cannot be opened; `option_invalid`: `tx` cannot
   * run SQL. What `tx` throws is rethrown unchanged.
   */
  async insert(entry: NewEntry, tx: PostgresTx): Promise<void> {
    await insertEntry(this.#database, entry, tx)
    this.#outbox.expedite()
    this.#notifier.notifyOfOutbox()
  }

  read(after: number, options: ReadOptions): Promise<Page> {
    return readPage(this.#database, this.#seen, after, options)
  }

  onWake(callback: () => void): () => void {
    const stopWake = this.#wake.add(callback)
    const stopOutbox = this.#outbox.watch()
    return () => {
      stopWake()
      stopOutbox()
    }
  }

  trim(retention: Retention): Promise<void> {
    return this.#trimming.trim(retention)
  }

  commit(subscriber: string, { epoch, position }: Commit): Promise<void> {
    if (this.#database.isClosed) return Promise.reject(closed())
    return this.#commits.set({ subscriber, epoch, position })
  }

  committed(subscribers: readonly string[]): Promise<Map<string, Commit>> {
    return this.#commits.get(subscribers)
  }

  forget(subscriber: string): Promise<void> {
    return this.#commits.forget(subscriber)
  }

  async close(): Promise<void> {
    this.#outbox.stop()
    this.#wake.close()
    this.#database.seal()
    await this.#outbox.close()
    await this.#notifier.close()
    this.#database.close()
    await this.#trimming.close()
  }
}
