import { sse } from '@sse/server/fastify'
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { inboxOf } from '../shared/stream.ts'
import { requireOwner } from './access.ts'
import { readInbox } from './leads.ts'
import { markRead } from './mark-read.ts'
import type { PersonOf } from './sign-in.ts'
import type { Store } from './store.ts'

const readBody = z.object({ upTo: z.int().positive() })

/** Adds the routes of a person's inbox: its content, its stream, and the read mark. Only the owner may use them. */
export function addInboxRoutes(app: FastifyInstance, store: Store, personOf: PersonOf, changed: () => void) {
  const { db, hub } = store

  // The rows. The page loads them when it opens, and again when the stream reports a gap.
  app.get<{ Params: { owner: string } }>('/api/inbox/:owner', (request) => {
    const { owner } = request.params
    requireOwner(request, personOf, owner)
    return { leads: readInbox(db, owner) }
  })

  // The stream and its acknowledgements. A reconnecting client resumes after the last event it received; a new device
  // starts after the last event its owner acknowledged.
  app.register(
    sse(hub, {
      authorize: ({ request, params }) => requireOwner(request, personOf, params.owner),
      channels: ({ identity }) => inboxOf(identity.id),
      // The session may expire, and the person may leave the company, while the stream is open.
      reauthorizeMs: 60_000,
    }),
  )

  // The read mark.
  app.post<{ Params: { owner: string } }>('/api/inbox/:owner/read', (request, reply) => {
    const { owner } = request.params
    requireOwner(request, personOf, owner)
    markRead(store, owner, readBody.parse(request.body).upTo)
    changed()
    return reply.code(204).send()
  })
}
