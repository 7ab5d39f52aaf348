import { inboxOf } from '../shared/stream.ts'
import { transaction } from './database.ts'
import type { Store } from './store.ts'

/**
 * Marks an owner's leads as read, up to and including `upTo`, and publishes that to the owner's other devices. The mark
 * never moves back: a late request of another device changes nothing.
 */
export function markRead({ db, record }: Store, owner: string, upTo: number): void {
  transaction(db, () => {
    const { changes } = db
      .prepare(
        `UPDATE people SET read_up_to = ?1
         WHERE id = ?2 AND read_up_to < ?1 AND EXISTS (SELECT 1 FROM leads WHERE id = ?1 AND owner = ?2)`,
      )
      .run(upTo, owner)
    if (changes > 0) record(inboxOf(owner), 'read', { upTo })
  })
}
