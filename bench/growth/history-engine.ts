import { DatabaseSync } from 'node:sqlite'
import { memory } from '@sse/server'
import type { Engine } from '@sse/server/engine-kit'
import { sqlite } from '@sse/sqlite'
import { makeText, makeTick } from '../fanout/tick.ts'

export const EVENT_ENGINES = ['memory', 'sqlite'] as const

export const PAYLOAD_BYTES = 120
const BATCH = 1_000
/** Rows that one statement adds to a file. */
const ROWS = 100_000

/** A history of events, each in one of the channels in turn. */
export interface Filling {
  readonly file: string
  readonly events: number
  /** Prefix of the channels' names. The number follows. */
  readonly prefix: string
  readonly channels: number
}

/** Opens an engine with a history, and gives the log's epoch. */
export async function openFilled(name: string, filling: Filling): Promise<{ engine: Engine; epoch: string }> {
  if (name !== 'sqlite') {
    const engine = memory({ maxBytes: Number.POSITIVE_INFINITY })
    return { engine, epoch: await append(engine, filling, filling.events) }
  }
  const engine = sqlite(filling.file)
  const epoch = await append(engine, filling, 1) // creates the tables
  insert(filling)
  return { engine, epoch }
}

async function append(engine: Engine, { prefix, channels }: Filling, events: number): Promise<string> {
  const text = makeText(PAYLOAD_BYTES)
  let epoch = ''
  for (let first = 0; first < events; first += BATCH) {
    const length = Math.min(BATCH, events - first)
    const entries = Array.from({ length }, (_, offset) => {
      const index = first + offset
      const data = JSON.stringify(makeTick(index, text))
      const channel = `${prefix}${index % channels}`
      return { channel, event: 'tick', data, key: undefined, idempotencyKey: undefined }
    })
    const appended = await engine.append(entries)
    epoch = appended.epoch
  }
  return epoch
}

/** Adds the rest by SQL and without waiting for the disk: the same rows in a fraction of the time. */
function insert({ file, prefix, channels, events }: Filling): void {
  const db = new DatabaseSync(file)
  db.exec('PRAGMA synchronous = OFF; PRAGMA cache_size = -262144')
  const data = JSON.stringify(makeTick(0, makeText(PAYLOAD_BYTES)))
  const rows = db.prepare(`
    INSERT INTO sse_entries (at, channel, event, data)
    WITH RECURSIVE numbers (n) AS (SELECT ? UNION ALL SELECT n + 1 FROM numbers WHERE n + 1 < ?)
    SELECT ?, ? || CAST(n % ? AS INTEGER), 'tick', ? FROM numbers`)
  for (let first = 1; first < events; first += ROWS) {
    rows.run(first, Math.min(first + ROWS, events), Date.now(), prefix, channels, data)
  }
  db.close()
}
