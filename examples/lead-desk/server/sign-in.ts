import cookie from '@fastify/cookie'
import { SseError } from '@sse/server'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { Person } from '../shared/person.ts'
import { allPeople, DEMO_PASSWORD, findPerson, isPasswordOf } from './people.ts'
import { SESSION_SECONDS, Sessions } from './sessions.ts'
import type { Store } from './store.ts'

const COOKIE = 'lead-desk'

const signInBody = z.object({ person: z.string().max(100), password: z.string().max(200) })

/** Returns the person who makes the request, or `undefined` if the request has no valid session. */
export type PersonOf = (request: FastifyRequest) => Person | undefined

/**
 * Adds sign-in and sign-out. The cookie holds the token of a session in the database. Scripts cannot read it (`HttpOnly`),
 * and forms and scripts of other sites do not send it (`SameSite=Lax`).
 */
export async function addSignIn(app: FastifyInstance, { db, hub }: Store): Promise<PersonOf> {
  await app.register(cookie)
  const sessions = new Sessions(db)

  const personOf: PersonOf = (request) => sessions.find(request.cookies[COOKIE] ?? '')
  const options = (request: FastifyRequest) => ({
    path: '/',
    httpOnly: true,
    sameSite: 'lax' as const,
    // With HTTPS, the browser never sends it over plain HTTP. Behind a proxy, set Fastify's `trustProxy`.
    secure: request.protocol === 'https',
  })

  app.get('/api/session', (request) => ({
    me: personOf(request) ?? null,
    // For the demo only: a real app never lists its users, let alone their password.
    people: allPeople(db),
    password: DEMO_PASSWORD,
  }))

  app.post('/api/sign-in', async (request, reply) => {
    const { person: id, password } = signInBody.parse(request.body)
    const me = (await isPasswordOf(db, id, password)) ? findPerson(db, id) : undefined
    if (!me) throw new SseError('unauthorized', 'That is not the password')
    reply.setCookie(COOKIE, sessions.start(me), { ...options(request), maxAge: SESSION_SECONDS })
    return { me }
  })

  app.post('/api/sign-out', async (request, reply) => {
    const me = personOf(request)
    sessions.end(request.cookies[COOKIE] ?? '')
    // Closes every stream of this person, in every process. Devices with a session of their own reconnect at once.
    if (me) await hub.revoke(me.id)
    return reply.clearCookie(COOKIE, options(request)).code(204).send()
  })

  return personOf
}
