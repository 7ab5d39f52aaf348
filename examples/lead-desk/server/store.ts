import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { createHub, type Hub } from '@sse/server'
import { type SqliteEngine, sqlite } from '@sse/sqlite'
import { leads } from '../shared/stream.ts'
import { openDatabase } from './database.ts'
import { seedPeople } from './people.ts'

const DAY_MS = 24 * 60 * 60 * 1_000

/** What the app keeps: its rows, and the events that tell of them, in one file. */
export interface Store {
  db: DatabaseSync
  engine: SqliteEngine
  hub: Hub<typeof leads>
}

/** @param maxEvents - events kept for those who are away; default 100,000. */
export function openStore(folder: string, maxEvents = 100_000): Store {
  mkdirSync(folder, { recursive: true })
  const path = join(folder, 'lead-desk.db')
  const db = openDatabase(path)
  seedPeople(db)
  const engine = sqlite(path)
  const hub = createHub(leads, {
    engine,
    retention: { maxEvents, maxAgeMs: 30 * DAY_MS },
    // One person's windows and devices: a script that runs wild is not the others' trouble.
    maxConnectionsPerIdentity: 20,
  })
  return { db, engine, hub }
}
