import type { DatabaseSync, SQLOutputValue } from 'node:sqlite'
import type { InboxLead } from '../shared/lead.ts'
import type { Overview } from '../shared/stream.ts'

type Row = Record<string, SQLOutputValue>

const LEADS = `
  SELECT leads.*, assigner.name AS assigned_by_name, leads.id <= owner.read_up_to AS is_read
  FROM leads
  JOIN people AS assigner ON assigner.id = leads.assigned_by
  JOIN people AS owner ON owner.id = leads.owner`

/** A person's leads, newest first: every unread one, and of the others those among the latest `limit`. */
export function readInbox(db: DatabaseSync, owner: string, limit = 100): InboxLead[] {
  const rows = db
    .prepare(
      `${LEADS} WHERE leads.owner = ?1 AND (leads.id > owner.read_up_to OR leads.id IN
         (SELECT id FROM leads WHERE owner = ?1 ORDER BY id DESC LIMIT ?2))
       ORDER BY leads.id DESC`,
    )
    .all(owner, limit)
  return rows.map(toLead)
}

/** The latest assignments to anybody, newest first. */
export function readRecent(db: DatabaseSync, limit = 8): Overview['recent'] {
  const rows = db.prepare(`${LEADS} ORDER BY leads.id DESC LIMIT ?`).all(limit)
  return rows.map((row) => ({ ...toLead(row), owner: String(row.owner) }))
}

/** Salespeople, each with the number of leads not read yet. */
export function readTeam(db: DatabaseSync): { id: string; name: string; unread: number }[] {
  const rows = db
    .prepare(
      `SELECT people.id, people.name, count(leads.id) AS unread
       FROM people LEFT JOIN leads ON leads.owner = people.id AND leads.id > people.read_up_to
       WHERE people.role = 'sales' GROUP BY people.id ORDER BY people.name`,
    )
    .all()
  return rows.map(({ id, name, unread }) => ({
    id: String(id),
    name: String(name),
    unread: Number(unread),
  }))
}

export function readLead(db: DatabaseSync, id: number | bigint): InboxLead {
  const row = db.prepare(`${LEADS} WHERE leads.id = ?`).get(id)
  if (!row) throw new Error(`there is no lead ${id}`)
  return toLead(row)
}

function toLead(row: Row): InboxLead {
  return {
    id: Number(row.id),
    title: String(row.title),
    company: String(row.company),
    ...(row.phone !== null && { phone: String(row.phone) }),
    ...(row.value !== null && { value: Number(row.value) }),
    assignedAt: String(row.assigned_at),
    assignedBy: String(row.assigned_by_name),
    isRead: Boolean(row.is_read),
  }
}
