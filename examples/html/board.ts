import { DatabaseSync } from 'node:sqlite'
import { defineStream, text } from '@sse/contract'
import { createHub } from '@sse/server'
import { sqlite } from '@sse/sqlite'
import { type Lead, renderBoard, renderDatastarBoard, renderTurboBoard } from './render.ts'

const NEWEST = 30

/** Each event is HTML: `text()` sends it as it is, not as JSON. */
export const stream = defineStream({
  path: '/board/:format',
  channels: ['htmx', 'turbo', 'datastar'],
  // Datastar knows its own names. Since its version 1.0 this one is `datastar-patch-elements`.
  events: { message: text(), 'datastar-merge-fragments': text() },
})

const path = process.env.LEADS_DB ?? `${import.meta.dirname}/leads.db`
const db = new DatabaseSync(path)
db.exec(`CREATE TABLE IF NOT EXISTS leads (
  id INTEGER PRIMARY KEY, name TEXT NOT NULL, note TEXT NOT NULL, at INTEGER NOT NULL) STRICT`)

export const hub = createHub(stream, {
  engine: sqlite(path),
  // Every event is the whole board: a page that falls behind needs only the newest.
  latestPerKey: () => true,
})

/** Returns the newest leads and the id of the event to continue after. */
export function readBoard() {
  return hub.getState(newestLeads)
}

/** Stores a lead and publishes the board, in one transaction. */
export function addLead(name: string, note: string): void {
  db.exec('BEGIN IMMEDIATE')
  try {
    db.prepare('INSERT INTO leads (name, note, at) VALUES (?, ?, ?)').run(name, note, Date.now())
    const leads = newestLeads()
    hub.publishIn(db, 'htmx', 'message', renderBoard(leads).text, { key: 'board' })
    hub.publishIn(db, 'turbo', 'message', renderTurboBoard(leads).text, { key: 'board' })
    hub.publishIn(db, 'datastar', 'datastar-merge-fragments', renderDatastarBoard(leads), { key: 'board' })
    db.exec('COMMIT')
  } catch (error) {
    db.exec('ROLLBACK')
    throw error
  }
}

function newestLeads(): Lead[] {
  const rows = db.prepare('SELECT id, name, note, at FROM leads ORDER BY id DESC LIMIT ?').all(NEWEST)
  return rows as unknown as Lead[]
}

export async function closeBoard(): Promise<void> {
  await hub.close()
  db.close()
}
