import { defineStream } from '@sse/contract'
import { z } from 'zod'
import { lead } from './lead.ts'

/**
 * One person's inbox. Its events must not be lost, so they come from a hub: it keeps every event until its retention
 * removes it, and reports a `gap` to a client that comes too late for it.
 */
export const leads = defineStream({
  path: '/leads/:owner',
  channels: ['owner:{owner}'],
  events: {
    lead,
    /** Everything up to this lead is read. Sent to all devices of the owner. */
    read: z.object({ upTo: z.int().positive() }),
  },
})

/** Returns the channel of a person's inbox. */
export const inboxOf = (person: string) => `owner:${person}` as const

/**
 * The dispatcher's view. Only its latest state matters, so it has no history: it comes from a generator that yields a new
 * overview after every change.
 */
export const desk = defineStream({
  path: '/desk',
  events: {
    overview: z.object({
      team: z.array(
        z.object({
          id: z.string(),
          name: z.string(),
          isOnline: z.boolean(),
          unread: z.int(),
        }),
      ),
      /** The latest assignments, newest first. */
      recent: z.array(lead.extend({ owner: z.string(), isRead: z.boolean() })),
      /** Number of events that could not be published. An operator has to look at them. */
      rejected: z.int(),
    }),
  },
})

export type Overview = z.infer<typeof desk.events.overview>
