import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { createHub, type Engine, type Hub, type NewEntry } from '@sse/server'
import { sqlite } from '@sse/sqlite'
import { leads } from '../shared/stream.ts'
import { openDatabase } from './database.ts'
import { openEngine } from './engine.ts'
import { Outbox } from './outbox.ts'
import { seedPeople } from './people.ts'

const DAY_MS = 24 * 60 * 60 * 1_000

/** What the app keeps: its rows, and the events that tell of them. */
export interface Store {
  db: DatabaseSync
  hub: Hub<typeof leads>
  /** Records an event (`hub.entry(…)`) in the transaction that is open on `db`: with the rows, or not at all. */
  record(entry: NewEntry): void
  close(): Promise<void>
}

export interface StoreOptions {
  /** Events kept for those who are away; default 100,000. */
  maxEvents?: number | undefined
  /** `sqlite`, which is the default: the events are in the app's own database. Or the URL of a server for them. */
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
  const hub = openHub(engine, maxEvents)
  return {
    db,
    hub,
    record: (entry) => engine.insert(entry, db),
    async close() {
      await hub.close()
      db.close()
    },
  }
}

/** The events on a server that other processes share; an outbox brings them there. */
function apart(db: DatabaseSync, engine: Engine, { maxEvents }: StoreOptions): Store {
  const hub = openHub(engine, maxEvents)
  const outbox = new Outbox(db, hub)
  return {
    db,
    hub,
    record: (entry) => outbox.add(entry),
    async close() {
      await outbox.close()
      await hub.close()
      db.close()
    },
  }
}

function openHub(engine: Engine, maxEvents = 100_000): Hub<typeof leads> {
  return createHub(leads, {
    engine,
    retention: { maxEvents, maxAgeMs: 30 * DAY_MS },
    // One person's windows and devices: a script that runs wild is not the others' trouble.
    maxConnectionsPerIdentity: 20,
  })
}
