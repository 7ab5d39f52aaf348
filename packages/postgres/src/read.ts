import { type Commit, type Entry, failed, type Page, type ReadOptions } from '@sse/server/engine-kit'
import type { Row } from './connection.ts'
import type { Database } from './database.ts'
import type { SeenLog } from './epoch.ts'

const MAX_ATTEMPTS = 3

/** Reads a page of the log, or of some channels. */
export async function readPage(
  database: Database,
  seen: SeenLog,
  after: number,
  { limit, maxBytes, channels, isHistory = false }: ReadOptions,
): Promise<Page> {
  const { statements } = database
  const text = channels ? statements.readChannels : statements.read
  const limits = [limit, maxBytes].map((most) => Math.min(most, Number.MAX_SAFE_INTEGER))
  const values = [after, ...limits, ...(channels ? [[...new Set(channels)]] : [])]
  const lane = isHistory ? 'history' : 'read'
  for (let attempt = 1; ; attempt += 1) {
    const before = seen.latest
    const rows = await database.query(lane, text, values)
    const [epoch, head, trimmed, found] = (rows[0] ?? []) as string[]
    const isLast = attempt === MAX_ATTEMPTS
    if (rows.length === 0) {
      if (isLast) throw failed('The row of this hub disappears again and again')
      database.forget()
    } else if (epoch === before.epoch && Number(head) < before.position && !isLast) {
      await renewEpoch(database, before)
    } else {
      seen.note(epoch as string, Number(head))
      const entries = rows.filter((row) => row[4] !== null).map(toEntry)
      const state = { epoch: epoch as string, head: Number(head), oldest: Number(trimmed) + 1 }
      const isCut = entries.length < Number(found) || entries.length >= limit
      const reached = isCut ? (entries.at(-1)?.position ?? after) : Math.max(after, state.head)
      return { ...state, entries, reached }
    }
  }
}

/** The log has lost what this process has seen, as after restoring a copy: its positions are about to be reused. */
async function renewEpoch(database: Database, { epoch, position }: Commit): Promise<void> {
  await database.query('keep', database.statements.renew, [epoch, position])
}

/** Returns the entry of a row of a page. */
export function toEntry(row: Row): Entry {
  const [, , , , position, at, channel, event, data, key, traceparent] = row as string[]
  return {
    position: Number(position),
    at: Number(at),
    channel: channel as string,
    event: event as string,
    data: data as string,
    ...(key !== null && { key }),
    ...(traceparent && { traceparent }),
  }
}
