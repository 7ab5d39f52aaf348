import { DatabaseSync } from 'node:sqlite'
import type { Lead } from './board.ts'

const SHOWN = 20
const MAX_CHARS = 80

export interface Leads {
  /** Adds a lead, or returns what is wrong with it. */
  add(lead: Omit<Lead, 'id'>): string | undefined
  /** Returns the newest leads first. */
  newest(): Lead[]
  close(): void
}

export function openLeads(file: string): Leads {
  const db = new DatabaseSync(file)
  db.exec('CREATE TABLE IF NOT EXISTS leads (id INTEGER PRIMARY KEY, name TEXT, city TEXT, value INTEGER)')
  const insert = db.prepare('INSERT INTO leads (name, city, value) VALUES (?, ?, ?)')
  const select = db.prepare('SELECT id, name, city, value FROM leads ORDER BY id DESC LIMIT ?')
  return {
    add({ name, city, value }) {
      if (!name.trim() || name.length > MAX_CHARS) return `name: 1 to ${MAX_CHARS} characters, please`
      if (!city.trim() || city.length > MAX_CHARS) return `city: 1 to ${MAX_CHARS} characters, please`
      if (!Number.isInteger(value) || value < 0 || value > 10_000_000) return 'value: 0 to 10,000,000, please'
      insert.run(name, city, value)
      return undefined
    },
    newest: () => select.all(SHOWN) as unknown as Lead[],
    close: () => db.close(),
  }
}
