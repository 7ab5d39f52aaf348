import type { InboxLead, NewLead } from '../shared/lead.ts'
import { inboxOf } from '../shared/stream.ts'
import { transaction } from './database.ts'
import { readLead } from './leads.ts'
import type { Store } from './store.ts'

/**
 * Assigns a lead: the row and its event are written in one transaction, so there is never one without the
 * other, whatever happens to this process in between. After the commit the hub brings it to whoever is
 * connected; whoever is not gets it on return.
 *
 * The same `requestId` again, by the same person, gives the lead that the first one made.
 */
export function assignLead(
  { db, hub, record }: Store,
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
    record(hub.entry(inboxOf(owner), 'lead', lead))
    return lead
  })
}
