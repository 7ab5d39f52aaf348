import type { Database } from './database.ts'
import { OUTBOX } from './sql/publish-function.ts'

/** Notifies processes. Parameters after the hub's name: topic, payload. */
export const NOTIFY = 'SELECT pg_notify($2, $3), $1::text'
/** A process that inserts into the outbox says so no more often than this, in milliseconds. */
const OUTBOX_MS = 20_000

/** Notifies the other processes of new entries: after the commit, once for all that are stored meanwhile. */
export class Notifier {
  readonly #database: Database
  readonly #topic: string
  readonly #self: string
  #isNotifying = false
  #isDue = false
  #saidOutboxAt = Number.NEGATIVE_INFINITY

  constructor(database: Database, topic: string, self: string) {
    this.#database = database
    this.#topic = topic
    this.#self = self
  }

  notify(): void {
    this.#isDue = true
    if (!this.#isNotifying) this.#run()
  }

  /** Tells the other processes that this one inserts into the outbox, in case it dies before it moves the event. */
  notifyOfOutbox(): void {
    const now = performance.now()
    if (now - this.#saidOutboxAt < OUTBOX_MS) return
    this.#saidOutboxAt = now
    this.#database.query('keep', NOTIFY, [this.#topic, OUTBOX]).catch(() => {}) // a hint
  }

  /** Sends the last notification, on a database that accepts no other calls any more. */
  async close(): Promise<void> {
    if (this.#isNotifying || this.#isDue) await this.#database.queryLast(NOTIFY, [this.#topic, this.#self])
  }

  async #run(): Promise<void> {
    this.#isNotifying = true
    while (this.#isDue) {
      this.#isDue = false
      // On the connection of the appends unless one is in flight: a process that publishes rarely needs no other.
      const lane = this.#database.isIdle('append') ? 'append' : 'keep'
      try {
        await this.#database.query(lane, NOTIFY, [this.#topic, this.#self])
      } catch {
        this.#isDue ||= this.#database.isClosed // `close` sends it
        break // a hint: a process that misses it polls
      }
    }
    this.#isNotifying = false
  }
}
