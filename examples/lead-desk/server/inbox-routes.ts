import { ack, sse } from '@sse/server/fastify'
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { inboxOf, leads } from '../shared/stream.ts'
import { requireOwner } from './access.ts'
import { readInbox } from './leads.ts'
import { markRead } from './mark-read.ts'
import type { PersonOf } from './sign-in.ts'
import type { Store } from './store.ts'

const readBody = z.object({ upTo: z.int().positive() })

/** A person's inbox: what is in it, what comes into it live, and how far it is read. All of it the owner's alone. */
export function addInboxRoutes(app: FastifyInstance, store: Store, personOf: PersonOf, changed: () => void) {
  const { db, hub } = store

  // The truth. The page asks for it when it opens, and again when the stream says that history has a gap.
  app.get<{ Params: { owner: string } }>('/api/inbox/:owner', (request) => {
    const { owner } = request.params
    requireOwner(request, personOf, owner)
    return { leads: readInbox(db, owner) }
  })

  // The stream. A client that comes back goes on after the last event it got; a new device, which has got none,
  // after the last one that its owner acknowledged.
  app.get(
    leads.path,
    sse(
      leads,
      ({ params, lastEventId }) =>
        hub.subscribe(inboxOf(params.owner), { after: lastEventId, subscriber: params.owner }),
      {
        authorize: ({ request, params }) => !!requireOwner(request, personOf, params.owner),
        // The cookie may run out, and the person may leave the company, while the stream is open.
        reauthorizeMs: 60_000,
      },
    ),
  )

  // How far the owner's devices have got in the stream.
  app.post(
    `${leads.path}/ack`,
    ack(hub, ({ params }) => params.owner, {
      authorize: ({ request, params }) => !!requireOwner(request, personOf, params.owner),
    }),
  )

  // How far the owner has read.
  app.post<{ Params: { owner: string } }>('/api/inbox/:owner/read', (request, reply) => {
    const { owner } = request.params
    requireOwner(request, personOf, owner)
    markRead(store, owner, readBody.parse(request.body).upTo)
    changed()
    return reply.code(204).send()
  })
}
