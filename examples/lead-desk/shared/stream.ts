import { defineStream } from '@sse/contract'
import { z } from 'zod'
import { lead } from './lead.ts'

/**
 * One person's inbox. What it brings must not be lost: it comes from a hub, which keeps every event until its
 * owner has acknowledged it, or until it is older than the hub's retention and a `gap` says so.
 */
export const leads = defineStream({
  path: '/leads/:owner',
  events: {
    lead,
    /** Everything up to this lead is read, whichever of the owner's devices said so. */
    read: z.object({ upTo: z.int().positive() }),
  },
})

/** The channel that carries a person's inbox. */
export const inboxOf = (person: string) => `owner:${person}`

/**
 * What the dispatcher watches: only its latest state counts and nobody needs the ones before, so it has no
 * history. It comes from a generator, which makes it anew whenever something has changed.
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
    }),
  },
})

export type Overview = z.infer<typeof desk.events.overview>
