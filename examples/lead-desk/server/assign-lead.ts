import type { InboxLead, NewLead } from '../shared/lead.ts'
import { inboxOf } from '../shared/stream.ts'
import { transaction } from './database.ts'
import { readLead } from './leads.ts'
import type { Store } from './store.ts'

/**
 * Assigns a lead. The row and its event are written in one transaction, so there is never one without the other, even if
 * this process crashes. After the commit the hub delivers the event to the owner's connected devices, and to the others
 * when they return.
 *
 * Idempotent: the same `requestId` by the same person returns the lead of the first call.
 */
export function assignLead(
  { db, record }: Store,
  { owner, title, company, phone, value }: NewLead,
  { assignedBy, requestId }: { assignedBy: string; requestId: string },
): InboxLead {
  return transaction(db, () => {
    const earlier = db
      .prepare('SELECT id FROM leads WHERE assigned_by = ? AND request_id = ?')
      .get(assignedBy, requestId)
    if (earlier) return readLead(db, Number(earlier.id))

    const { lastInsertRowid } = db
      .prepare(
        `INSERT INTO leads (owner, title, company, phone, value, assigned_at, assigned_by, request_id)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
      )
      .run(
        owner,
        title,
        company,
        phone ?? null,
        value ?? null,
        new Date().toISOString(),
        assignedBy,
        requestId,
      )
    const lead = readLead(db, lastInsertRowid)
    record(inboxOf(owner), 'lead', lead)
    return lead
  })
}
