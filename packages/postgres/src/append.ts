import type { NewEntry } from '@sse/server/engine-kit'
import type { Row } from './connection.ts'
import type { Database } from './database.ts'
import type { SeenLog } from './epoch.ts'

/** Of one statement. A message of Postgres ends at 1 GiB, and must arrive before the timeout. */
const MAX_CHARS = 16_777_216

const MAX_OFFER_CHARS = 65_536

export interface Sender {
  readonly topic: string
  readonly self: string
}

const charsOf = (entries: readonly NewEntry[]) => entries.reduce((sum, { data }) => sum + data.length, 0)

/** Stores entries: all of them, or none. In one statement, unless they are very large. */
export async function appendEntries(
  database: Database,
  seen: SeenLog,
  entries: readonly NewEntry[],
  sender: Sender,
): Promise<{ epoch: string; positions: number[] }> {
  const { append: text, publish } = database.statements
  const pieces = split(entries)
  const rows =
    pieces.length === 1
      ? [await database.query('append', publish, [...parameters(seen, entries), charsOf(entries) <= MAX_OFFER_CHARS, sender.topic, sender.self])]
      : await database.transaction('append', async (query) => {
          const replies: Row[][] = []
          for (const piece of pieces) replies.push(await query(text, parameters(seen, piece)))
          return replies
        })
  const appended = rows.map(([row]) => row as [string, string[]])
  const positions = appended.flatMap(([, assigned]) => assigned.map(Number))
  const epoch = appended.at(-1)?.[0] ?? ''
  seen.note(epoch, Math.max(...positions))
  return { epoch, positions }
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
