import { failed, type NewEntry } from '@sse/server/engine-kit'
import type { Database } from './database.ts'
import type { SeenLog } from './epoch.ts'

/** Of one append: a message of Postgres ends at 1 GiB, and escapes may double its text. */
const MAX_APPEND_CHARS = 134_217_728

/** Stores entries in one statement: all of them, or none. */
export async function appendEntries(
  database: Database,
  seen: SeenLog,
  entries: readonly NewEntry[],
): Promise<{ epoch: string; positions: number[] }> {
  checkSize(entries)
  const hasKeys = entries.some(({ idempotencyKey }) => idempotencyKey !== undefined)
  const { epoch: seenEpoch, position: seenHead } = seen.latest
  const [row] = await database.query('append', database.statements.append, [
    seenEpoch,
    seenHead,
    entries.map(({ channel }) => channel),
    entries.map(({ event }) => event),
    entries.map(({ data }) => data),
    entries.map(({ key }) => key ?? null),
    hasKeys ? entries.map(({ idempotencyKey }) => idempotencyKey ?? null) : null,
  ])
  const [epoch, assigned] = row as [string, string[]]
  const positions = assigned.map(Number)
  seen.note(epoch, Math.max(...positions))
  return { epoch, positions }
}

function checkSize(entries: readonly NewEntry[]): void {
  const chars = entries.reduce((sum, { data }) => sum + data.length, 0)
  if (chars <= MAX_APPEND_CHARS) return
  throw failed(
    `Postgres accepts at most ${MAX_APPEND_CHARS} characters at once, not ${chars}: publish smaller payloads, or fewer at a time`,
  )
}
