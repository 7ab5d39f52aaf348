import { EventEmitter, once } from 'node:events'
import { setTimeout } from 'node:timers/promises'
import { SseError } from '@sse/server'
import { sse } from '@sse/server/fastify'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { newLead } from '../shared/lead.ts'
import { desk, inboxOf, type Overview } from '../shared/stream.ts'
import { requireDispatcher, requirePerson } from './access.ts'
import { assignLead } from './assign-lead.ts'
import { readRecent, readTeam } from './leads.ts'
import { findPerson } from './people.ts'
import { randomLead } from './random-lead.ts'
import type { PersonOf } from './sign-in.ts'
import type { Store } from './store.ts'

const MIN_INTERVAL_MS = 100

/** Something in the overview is not what it was. */
export class Changes extends EventEmitter<{ change: [] }> {}

/** Assigning leads, and the dispatcher's view of the team. */
export function addDeskRoutes(app: FastifyInstance, store: Store, personOf: PersonOf, changes: Changes) {
  const { db, hub } = store
  const isOnline = async (person: string) => (await hub.presence(inboxOf(person))).includes(person)
  const overview = async (): Promise<Overview> => {
    const team = readTeam(db).map(async (person) => ({ ...person, isOnline: await isOnline(person.id) }))
    return { team: await Promise.all(team), recent: readRecent(db), rejected: store.countRejected() }
  }

  changes.setMaxListeners(0)
  store.onRejected(() => changes.emit('change'))
  for (const { id } of readTeam(db)) hub.onPresence(inboxOf(id), () => changes.emit('change'))

  app.get(
    desk.path,
    sse(
      desk,
      {
        authorize: ({ request }) => requireDispatcher(request, personOf),
        reauthorizeMs: 60_000,
        // The hub's limits per person apply, and its drain() closes these streams too.
        hub,
      },
      async function* ({ event, signal }) {
        while (true) {
          // Listen first, read second: a change in between is part of the next overview.
          const changed = once(changes, 'change', { signal })
          changed.catch(() => {}) // The client may leave before `await changed`.
          yield event('overview', await overview())
          await changed
          // A few overviews a second are enough, however many leads arrive at once.
          await setTimeout(MIN_INTERVAL_MS, undefined, { signal })
        }
      },
    ),
  )

  app.post('/api/leads', (request, reply) => {
    const { id: assignedBy } = requireDispatcher(request, personOf)
    const given = newLead.parse(request.body)
    requireSalesperson(given.owner)
    const lead = assignLead(store, given, { assignedBy, requestId: requestIdOf(request) })
    changes.emit('change')
    return reply.code(201).send({ lead })
  })

  // For the demo: a dispatcher sends anybody something, the others themselves.
  const randomBody = z.object({ owner: z.string() })
  app.post('/api/leads/random', (request, reply) => {
    const { id: assignedBy, role } = requirePerson(request, personOf)
    const { owner } = randomBody.parse(request.body)
    if (owner !== assignedBy && role !== 'dispatcher') {
      throw new SseError('forbidden', 'Only a dispatcher sends leads to others', { status: 403 })
    }
    requireSalesperson(owner)
    const lead = assignLead(store, randomLead(owner), { assignedBy, requestId: requestIdOf(request) })
    changes.emit('change')
    return reply.code(201).send({ lead })
  })

  function requireSalesperson(id: string): void {
    if (findPerson(db, id)?.role === 'sales') return
    throw new SseError('owner_unknown', 'There is no such salesperson', { status: 400 })
  }
}

/** Made by the client for each assignment, and sent again with it when the answer got lost. */
function requestIdOf(request: FastifyRequest): string {
  const id = request.headers['idempotency-key']
  if (typeof id === 'string' && id.length >= 8 && id.length <= 100) return id
  throw new SseError('idempotency_key_missing', 'Send an Idempotency-Key of 8 to 100 characters', {
    status: 400,
  })
}
