import { randomUUID } from 'node:crypto'
import type { DatabaseSync } from 'node:sqlite'
import { setTimeout } from 'node:timers/promises'
import type { Hub, NewEntry } from '@sse/server'
import type { leads } from '../shared/stream.ts'

const MIN_WAIT_MS = 100
const MAX_WAIT_MS = 5_000

/**
 * For a hub whose log is not in the app's own database: an event is written down in the transaction of the rows
 * that it tells of, and a relay publishes what is written down, one after the other, and then removes it.
 *
 * A process that ends between the two leaves the event there, and the next one publishes it again: its key makes
 * it the same event, so that nobody gets it twice. While the engine is away, events wait here.
 */
export class Outbox {
  readonly #db: DatabaseSync
  readonly #hub: Hub<typeof leads>
  readonly #closing = new AbortController()
  #running: Promise<void> | undefined

  constructor(db: DatabaseSync, hub: Hub<typeof leads>) {
    this.#db = db
    this.#hub = hub
    db.exec(`
      CREATE TABLE IF NOT EXISTS outbox (
        id      INTEGER PRIMARY KEY AUTOINCREMENT,
        channel TEXT NOT NULL,
        event   TEXT NOT NULL,
        data    TEXT NOT NULL,
        -- Not the id: that begins at 1 again in a new database, and the engine remembers.
        key     TEXT NOT NULL
      ) STRICT;
    `)
    this.#wake() // for what an earlier process has left
  }

  /** Writes an event down in the transaction that is open on the database. */
  add({ channel, event, data }: NewEntry): void {
    this.#db
      .prepare('INSERT INTO outbox (channel, event, data, key) VALUES (?, ?, ?, ?)')
      .run(channel, event, data, randomUUID())
    // In a turn of its own: by then the transaction is over, and nothing is there if it was rolled back.
    setImmediate(() => this.#wake())
  }

  /** Ends the relay after the event that it is at. The others are for the next process. */
  async close(): Promise<void> {
    this.#closing.abort()
    await this.#running
  }

  #wake(): void {
    if (this.#closing.signal.aborted) return
    this.#running ??= this.#relay().finally(() => {
      this.#running = undefined
    })
  }

  async #relay(): Promise<void> {
    const { signal } = this.#closing
    const next = this.#db.prepare('SELECT * FROM outbox ORDER BY id LIMIT 1')
    const remove = this.#db.prepare('DELETE FROM outbox WHERE id = ?')
    let waitMs = MIN_WAIT_MS
    while (!signal.aborted) {
      const row = next.get()
      if (!row) return
      try {
        // One at a time: a later one that is stored while this one fails would come before it.
        const event = String(row.event) as keyof typeof leads.events
        const payload = JSON.parse(String(row.data))
        await this.#hub.publish(String(row.channel), event, payload, { idempotencyKey: String(row.key) })
        remove.run(Number(row.id))
        waitMs = MIN_WAIT_MS
      } catch (error) {
        if (waitMs === MIN_WAIT_MS) console.error(`Events wait in the outbox: ${error}`)
        await setTimeout(waitMs, undefined, { signal }).catch(() => {})
        waitMs = Math.min(waitMs * 2, MAX_WAIT_MS)
      }
    }
  }
}
