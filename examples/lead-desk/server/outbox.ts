import { randomUUID } from 'node:crypto'
import type { DatabaseSync } from 'node:sqlite'
import { setTimeout } from 'node:timers/promises'
import type { EventName } from '@sse/contract'
import { type Hub, isSseError } from '@sse/server'
import { leads } from '../shared/stream.ts'

const MIN_WAIT_MS = 100
const MAX_WAIT_MS = 5_000

/**
 * A transactional outbox, for a hub whose log is not in the app's own database. An event is inserted in the transaction of
 * the rows it describes. A relay publishes the events one after the other and then deletes them.
 *
 * If the process crashes between the two, the next one publishes the event again with the same idempotency key, so that it
 * is stored once. While the engine is unavailable, events wait here. An event that can never be published is moved to
 * `outbox_rejected` with the reason, so that it does not hold up the others.
 */
export class Outbox {
  readonly #db: DatabaseSync
  readonly #hub: Hub<typeof leads>
  readonly #closing = new AbortController()
  /** Called when an event has been moved to `outbox_rejected`. */
  onRejected: () => void = () => {}
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
        -- Not the id: it starts at 1 again in a new database, and the engine remembers keys.
        key     TEXT NOT NULL
      ) STRICT;
      CREATE TABLE IF NOT EXISTS outbox_rejected (
        id      INTEGER PRIMARY KEY,
        channel TEXT NOT NULL,
        event   TEXT NOT NULL,
        data    TEXT NOT NULL,
        reason  TEXT NOT NULL
      ) STRICT;
    `)
    this.#wake() // an earlier process may have left events
  }

  /** Inserts an event in the transaction that is open on the database. Throws if its schema rejects the payload. */
  add(channel: string, event: EventName<typeof leads>, payload: unknown): void {
    const data = JSON.stringify(leads.events[event].parse(payload))
    this.#db
      .prepare('INSERT INTO outbox (channel, event, data, key) VALUES (?, ?, ?, ?)')
      .run(channel, event, data, randomUUID())
    // In the next turn: by then the transaction has ended, and a rolled-back row is gone.
    setImmediate(() => this.#wake())
  }

  /** Number of events in `outbox_rejected`. */
  countRejected(): number {
    return Number(this.#db.prepare('SELECT COUNT(*) AS count FROM outbox_rejected').get()?.count)
  }

  /** Stops the relay after the current event. The next process publishes the others. */
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
      const { id, channel, event, data, key } = row as unknown as OutboxRow
      try {
        // One at a time: if this one fails, a later one must not be stored before it.
        const publish = this.#hub.publish as (...given: unknown[]) => Promise<string>
        await publish.call(this.#hub, channel, event, JSON.parse(data), { idempotencyKey: key })
        remove.run(id)
        waitMs = MIN_WAIT_MS
      } catch (error) {
        if (isPermanent(error)) {
          console.error(`Event ${id} was moved to outbox_rejected: ${error}`)
          this.#db
            .prepare('INSERT INTO outbox_rejected (id, channel, event, data, reason) VALUES (?, ?, ?, ?, ?)')
            .run(id, channel, event, data, String(error))
          remove.run(id)
          this.onRejected()
          continue
        }
        if (waitMs === MIN_WAIT_MS) console.error(`Events wait in the outbox: ${error}`)
        await setTimeout(waitMs, undefined, { signal }).catch(() => {})
        waitMs = Math.min(waitMs * 2, MAX_WAIT_MS)
      }
    }
  }
}

interface OutboxRow {
  id: number
  channel: string
  event: string
  data: string
  key: string
}

/** Whether publishing the same row again fails again: its channel, event or payload is invalid. */
function isPermanent(error: unknown): boolean {
  return error instanceof SyntaxError || (isSseError(error) && error.kind === 'usage')
}
