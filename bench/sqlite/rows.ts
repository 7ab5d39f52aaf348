import { DatabaseSync } from 'node:sqlite'
import { defineStream, type } from '@sse/contract'
import { createHub } from '@sse/server'
import type { NewEntry } from '@sse/server/engine-kit'
import { sqlite } from '@sse/sqlite'

export interface Lead {
  id: number
  title: string
}

export interface Row {
  /** Stores `batches` times as many leads as there are publishers, each durable when this resolves. */
  publish(batches: number, publishers: number): Promise<void>
  /** How many events were committed together, on average. */
  batchSize(): number
  close(): Promise<void>
}

/** About 120 bytes of JSON. */
const TITLE = 'Somebody asks for an offer on forty seats, and would like to be called before Friday noon.'
const lead = (id: number): Lead => ({ id, title: TITLE })
const CHANNELS = 100
const channel = (id: number) => `owner:${id % CHANNELS}`

/** The same columns as the engine's, and the same index of channels. */
function openByHand(file: string) {
  const db = new DatabaseSync(file)
  db.exec(`
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    CREATE TABLE events (
      position INTEGER PRIMARY KEY AUTOINCREMENT,
      at INTEGER NOT NULL, channel TEXT NOT NULL, event TEXT NOT NULL, data TEXT NOT NULL,
      key TEXT, idempotency_key TEXT
    ) STRICT;
    CREATE INDEX events_by_channel ON events (channel);
  `)
  const insert = db.prepare(
    'INSERT INTO events (at, channel, event, data, key, idempotency_key) VALUES (?, ?, ?, ?, ?, ?)',
  )
  let stored = 0
  let commits = 0
  return {
    nextId: () => stored++,
    /** One transaction. */
    store(ids: readonly number[]): void {
      db.exec('BEGIN IMMEDIATE')
      const at = Date.now()
      for (const id of ids) insert.run(at, channel(id), 'lead', JSON.stringify(lead(id)), null, null)
      db.exec('COMMIT')
      commits += 1
    },
    batchSize: () => stored / commits,
    async close() {
      const { count } = db.prepare('SELECT count(*) AS count FROM events').get() as { count: number }
      if (count !== stored) throw new Error(`by hand: stored ${stored}, holds ${count}`)
      db.close()
    },
  }
}

/** Group commit by hand: what is published within a turn is one transaction, and each publisher waits for it. */
function loop(file: string): Row {
  const { nextId, store, ...rest } = openByHand(file)
  let waiting: { id: number; resolve: () => void }[] = []
  const flush = () => {
    const batch = waiting
    waiting = []
    store(batch.map(({ id }) => id))
    for (const { resolve } of batch) resolve()
  }
  const publish = () =>
    new Promise<void>((resolve) => {
      if (waiting.push({ id: nextId(), resolve }) === 1) setImmediate(flush)
    })
  return { ...rest, publish: (batches, publishers) => publishAll(publish, batches, publishers) }
}

/** What is left when nobody waits for anybody: batches that are known beforehand, one after the other. */
function bare(file: string): Row {
  const { nextId, store, ...rest } = openByHand(file)
  return {
    ...rest,
    async publish(batches, publishers) {
      for (let batch = 0; batch < batches; batch++) {
        store(Array.from({ length: publishers }, nextId))
        await new Promise((resolve) => setImmediate(resolve))
      }
    },
  }
}

/** Publishers side by side, each waiting for its own event to be stored before the next. */
async function publishAll(
  publish: () => Promise<unknown>,
  batches: number,
  publishers: number,
): Promise<void> {
  const publishSome = async () => {
    for (let batch = 0; batch < batches; batch++) await publish()
  }
  await Promise.all(Array.from({ length: publishers }, publishSome))
}

const leads = defineStream({ path: '/leads/:owner', events: { lead: type<Lead>() } })
const UNLIMITED = { maxEvents: Number.POSITIVE_INFINITY, maxAgeMs: Number.POSITIVE_INFINITY }

/** `hub.publish` on `sqlite()`. */
function publishHub(file: string, retention?: { maxEvents: number; maxAgeMs: number }): Row {
  const engine = sqlite(file)
  let stored = 0
  let commits = 0
  const append = engine.append.bind(engine)
  engine.append = (entries: readonly NewEntry[]) => {
    commits += 1
    return append(entries)
  }
  const hub = createHub(leads, { engine, ...(retention && { retention }) })
  const publish = () => {
    const id = stored++
    return hub.publish(channel(id), 'lead', lead(id))
  }
  return {
    publish: (batches, publishers) => publishAll(publish, batches, publishers),
    batchSize: () => stored / commits,
    async close() {
      const { head } = await engine.read(0, { limit: 0, maxBytes: 1 })
      if (head !== stored) throw new Error(`hub: stored ${stored}, head is ${head}`)
      await hub.close()
      await engine.close()
    },
  }
}

export const ROWS = {
  loop,
  bare,
  hub: (file: string) => publishHub(file, UNLIMITED),
  'hub, trimming': (file: string) => publishHub(file),
}
export type RowName = keyof typeof ROWS
export const ROW_NAMES = Object.keys(ROWS) as RowName[]
