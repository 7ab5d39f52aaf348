import { type Commit, type Entry, failed, type Page } from '@sse/server/engine-kit'
import type { Row } from './connection.ts'
import type { Database } from './database.ts'
import type { SeenLog } from './epoch.ts'

const MAX_ATTEMPTS = 3

/** Reads a page of the log, or of some channels. */
export async function readPage(
  database: Database,
  seen: SeenLog,
  after: number,
  limit: number,
  channels?: readonly string[],
): Promise<Page> {
  const { statements } = database
  const text = channels ? statements.readChannels : statements.read
  const values = [after, limit, ...(channels ? [[...new Set(channels)]] : [])]
  for (let attempt = 1; ; attempt += 1) {
    const before = seen.latest
    const rows = await database.query('read', text, values)
    const [epoch, head, trimmed] = (rows[0] ?? []) as [string, string, string]
    const isLast = attempt === MAX_ATTEMPTS
    if (rows.length === 0) {
      if (isLast) throw failed('The row of this hub disappears again and again')
      database.forget()
    } else if (epoch === before.epoch && Number(head) < before.position && !isLast) {
      await renewEpoch(database, before)
    } else {
      seen.note(epoch, Number(head))
      const entries = rows.filter((row) => row[3] !== null).map(toEntry)
      return { epoch, head: Number(head), oldest: Number(trimmed) + 1, entries }
    }
  }
}

/** The log has lost what this process has seen, as after restoring a copy: its positions are about to be reused. */
async function renewEpoch(database: Database, { epoch, position }: Commit): Promise<void> {
  await database.query('keep', database.statements.renew, [epoch, position])
}

function toEntry(row: Row): Entry {
  const [, , , position, at, channel, event, data, key] = row as string[]
  return {
    position: Number(position),
    at: Number(at),
    channel: channel as string,
    event: event as string,
    data: data as string,
    ...(key !== null && { key }),
  }
}
