import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import type { Channel, EventName, PayloadInput } from '@sse/contract'
import { createHub, type Hub } from '@sse/server'
import type { Engine } from '@sse/server/engine-kit'
import { sqlite } from '@sse/sqlite'
import { leads } from '../shared/stream.ts'
import { openDatabase } from './database.ts'
import { openEngine } from './engine.ts'
import { Outbox } from './outbox.ts'
import { seedPeople } from './people.ts'

const DAY_MS = 24 * 60 * 60 * 1_000

type Leads = typeof leads

/** Publishes an event in the transaction that is open on the database: together with the rows, or not at all. */
export type Record = <Name extends EventName<Leads>>(
  channel: Channel<Leads>,
  event: Name,
  payload: PayloadInput<Leads, Name>,
) => void

/** The app's rows, and the hub that delivers the events about them. */
export interface Store {
  db: DatabaseSync
  hub: Hub<Leads>
  record: Record
  /** Number of events that could never be published and were set aside. Always 0 in one file. */
  countRejected(): number
  /** Sets what is called when that number grows. */
  onRejected(callback: () => void): void
  close(): Promise<void>
}

export interface StoreOptions {
  /** Maximum number of events kept for people who are away. Default 100,000. */
  maxEvents?: number | undefined
  /** `sqlite` (default): the events are in the app's own database. Or the URL of a server that stores them. */
  engine?: string | undefined
}

export async function openStore(folder: string, options: StoreOptions = {}): Promise<Store> {
  mkdirSync(folder, { recursive: true })
  const path = join(folder, 'lead-desk.db')
  const db = openDatabase(path)
  seedPeople(db)
  return options.engine === undefined || options.engine === 'sqlite'
    ? inOneFile(db, path, options)
    : apart(db, await openEngine(options.engine), options)
}

/** Rows and events in one file, and in one transaction. */
function inOneFile(db: DatabaseSync, path: string, { maxEvents }: StoreOptions): Store {
  const engine = sqlite(path)
  const hub = createHub(leads, { engine, ...hubOptions(maxEvents) })
  return {
    db,
    hub,
    record(channel, event, payload) {
      // Synchronous on SQLite: the row is written, or the error thrown, before this returns.
      hub.publishIn(db, channel, event, payload)
    },
    countRejected: () => 0,
    onRejected() {},
    async close() {
      await hub.close()
      db.close()
    },
  }
}

/** The events on a server that several processes share. An outbox relays them there. */
function apart(db: DatabaseSync, engine: Engine, { maxEvents }: StoreOptions): Store {
  const hub = createHub(leads, { engine, ...hubOptions(maxEvents) })
  const outbox = new Outbox(db, hub)
  return {
    db,
    hub,
    record: (channel, event, payload) => outbox.add(channel, event, payload),
    countRejected: () => outbox.countRejected(),
    onRejected(callback) {
      outbox.onRejected = callback
    },
    async close() {
      await outbox.close()
      await hub.close()
      db.close()
    },
  }
}

function hubOptions(maxEvents = 100_000) {
  return {
    retention: { maxEvents, maxAgeMs: 30 * DAY_MS },
    // All windows and devices of one person: a script in a loop must not take the connections of others.
    maxConnectionsPerIdentity: 20,
  }
}
