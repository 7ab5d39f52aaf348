import { z } from 'zod'

/** A lead as its owner sees it. Ids grow with every assignment: the higher one is the newer one. */
export const lead = z.object({
  id: z.int().positive(),
  title: z.string(),
  company: z.string(),
  phone: z.string().optional(),
  /** In whole euros. */
  value: z.int().optional(),
  assignedAt: z.iso.datetime(),
  /** The name of the one who assigned it. */
  assignedBy: z.string(),
})
export type Lead = z.infer<typeof lead>

/** A lead in an inbox, or in the dispatcher's list. */
export interface InboxLead extends Lead {
  isRead: boolean
}

/** What the dispatcher's form sends. An empty field of a form is a field that is not there. */
export const newLead = z.object({
  owner: z.string(),
  title: z.string().trim().min(1, 'Say what it is about').max(120),
  company: z.string().trim().min(1, 'Say which company').max(120),
  phone: z.string().trim().max(40).optional(),
  value: z.int().min(0).max(1_000_000_000).optional(),
})
export type NewLead = z.infer<typeof newLead>
