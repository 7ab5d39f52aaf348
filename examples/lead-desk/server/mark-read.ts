import { inboxOf } from '../shared/stream.ts'
import { transaction } from './database.ts'
import type { Store } from './store.ts'

/**
 * Marks an owner's leads as read, up to and with `upTo`, and tells the owner's other devices. Never goes back:
 * an older device that is late changes nothing.
 */
export function markRead({ db, hub, record }: Store, owner: string, upTo: number): void {
  transaction(db, () => {
    const { changes } = db
      .prepare(
        `UPDATE people SET read_up_to = ?1
         WHERE id = ?2 AND read_up_to < ?1 AND EXISTS (SELECT 1 FROM leads WHERE id = ?1 AND owner = ?2)`,
      )
      .run(upTo, owner)
    if (changes > 0) record(hub.entry(inboxOf(owner), 'read', { upTo }))
  })
}
