import cookie from '@fastify/cookie'
import { SseError } from '@sse/server'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { Person } from '../shared/person.ts'
import { allPeople, DEMO_PASSWORD, findPerson, isPasswordOf } from './people.ts'
import type { Store } from './store.ts'

const COOKIE = 'lead-desk'
const MAX_AGE_SECONDS = 7 * 24 * 60 * 60

const signInBody = z.object({ person: z.string().max(100), password: z.string().max(200) })

/** Who makes this request; `undefined` for a stranger. */
export type PersonOf = (request: FastifyRequest) => Person | undefined

/**
 * Sign-in with a cookie that holds who it is and until when, signed, so that only this server can have made it.
 * Scripts cannot read it (`HttpOnly`), and other sites' forms and scripts do not send it (`SameSite=Lax`).
 */
export async function addSignIn(app: FastifyInstance, { db }: Store, secret: string): Promise<PersonOf> {
  await app.register(cookie, { secret })

  const personOf: PersonOf = (request) => {
    const { valid, value } = request.unsignCookie(request.cookies[COOKIE] ?? '')
    const [id = '', until] = value?.split('.') ?? []
    return valid && Number(until) > Date.now() ? findPerson(db, id) : undefined
  }
  const options = (request: FastifyRequest) => ({
    path: '/',
    httpOnly: true,
    sameSite: 'lax' as const,
    // On HTTPS never over plain HTTP. Behind a proxy, tell Fastify to trust it (`trustProxy`).
    secure: request.protocol === 'https',
  })
  const giveCookie = (request: FastifyRequest, reply: FastifyReply, person: Person) =>
    reply.setCookie(COOKIE, `${person.id}.${Date.now() + MAX_AGE_SECONDS * 1_000}`, {
      ...options(request),
      maxAge: MAX_AGE_SECONDS,
      signed: true,
    })

  app.get('/api/session', (request) => ({
    me: personOf(request) ?? null,
    // A real app shows a field for the name, and no list of its users, let alone their password.
    people: allPeople(db),
    password: DEMO_PASSWORD,
  }))

  app.post('/api/sign-in', async (request, reply) => {
    const { person: id, password } = signInBody.parse(request.body)
    if (!(await isPasswordOf(db, id, password))) {
      throw new SseError('unauthorized', 'That is not the password')
    }
    const me = findPerson(db, id)
    if (!me) throw new SseError('unauthorized', 'That is not the password')
    giveCookie(request, reply, me)
    return { me }
  })

  app.post('/api/sign-out', (request, reply) => reply.clearCookie(COOKIE, options(request)).code(204).send())

  return personOf
}
