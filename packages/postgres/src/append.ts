import type { NewEntry } from '@sse/server/engine-kit'
import type { Row } from './connection.ts'
import type { Database } from './database.ts'
import type { SeenLog } from './epoch.ts'

/** Of one statement. A message of Postgres ends at 1 GiB, and must arrive before the timeout. */
const MAX_CHARS = 16_777_216

/** Largest payload that another session stores. It is written twice. */
const MAX_OFFER_CHARS = 65_536

/** What the server notifies other processes with. */
export interface Sender {
  readonly topic: string
  readonly self: string
}

/**
 * Stores entries: all of them, or none. In one statement, unless they are very large.
 *
 * @returns also whether the server has notified the other processes.
 */
export async function appendEntries(
  database: Database,
  seen: SeenLog,
  entries: readonly NewEntry[],
  sender: Sender,
): Promise<{ epoch: string; positions: number[]; isNotified: boolean }> {
  const [entry] = entries
  const sharesCommit = entry !== undefined && entries.length === 1 && mayShareCommit(entry)
  const { epoch, positions } = sharesCommit
    ? await storeOne(database, seen, entry, sender)
    : await storeAll(database, seen, entries)
  seen.note(epoch, Math.max(...positions))
  return { epoch, positions, isNotified: sharesCommit }
}

/** A process with several entries has its own batch. A key is looked up by the append itself. */
function mayShareCommit({ data, idempotencyKey }: NewEntry): boolean {
  return idempotencyKey === undefined && data.length <= MAX_OFFER_CHARS
}

async function storeOne(
  database: Database,
  seen: SeenLog,
  { channel, event, data, key, traceparent }: NewEntry,
  { topic, self }: Sender,
): Promise<{ epoch: string; positions: number[] }> {
  const { epoch, position } = seen.latest
  const values = [epoch, position, channel, event, data, key ?? null, traceparent ?? null, topic, self]
  const [row] = await database.query('append', database.statements.store, values)
  return { epoch: row?.[0] as string, positions: [Number(row?.[1])] }
}

async function storeAll(
  database: Database,
  seen: SeenLog,
  entries: readonly NewEntry[],
): Promise<{ epoch: string; positions: number[] }> {
  const text = database.statements.append
  const pieces = split(entries)
  const rows =
    pieces.length === 1
      ? [await database.query('append', text, parameters(seen, entries))]
      : await database.transaction('append', async (query) => {
          const replies: Row[][] = []
          for (const piece of pieces) replies.push(await query(text, parameters(seen, piece)))
          return replies
        })
  const appended = rows.map(([row]) => row as [string, string[]])
  const positions = appended.flatMap(([, assigned]) => assigned.map(Number))
  return { epoch: appended.at(-1)?.[0] ?? '', positions }
}

function parameters(seen: SeenLog, entries: readonly NewEntry[]): unknown[] {
  const hasKeys = entries.some(({ idempotencyKey }) => idempotencyKey !== undefined)
  const isTraced = entries.some(({ traceparent }) => traceparent !== undefined)
  const { epoch, position } = seen.latest
  return [
    epoch,
    position,
    entries.map(({ channel }) => channel),
    entries.map(({ event }) => event),
    entries.map(({ data }) => data),
    entries.map(({ key }) => key ?? null),
    hasKeys ? entries.map(({ idempotencyKey }) => idempotencyKey ?? null) : null,
    isTraced ? entries.map(({ traceparent }) => traceparent ?? null) : null,
  ]
}

/** Splits entries into pieces that the server accepts. An entry alone is within its limit: see `maxDataBytes`. */
function split(entries: readonly NewEntry[]): NewEntry[][] {
  const pieces: NewEntry[][] = [[]]
  let chars = 0
  for (const entry of entries) {
    chars += entry.data.length
    if (chars > MAX_CHARS && pieces.at(-1)?.length) {
      pieces.push([])
      chars = entry.data.length
    }
    pieces.at(-1)?.push(entry)
  }
  return pieces
}
