import { SseError } from '@sse/server'
import type { FastifyRequest } from 'fastify'
import type { Person } from '../shared/person.ts'
import type { PersonOf } from './sign-in.ts'

/** The one who makes this request. A stranger is refused with 401. */
export function requirePerson(request: FastifyRequest, personOf: PersonOf): Person {
  const person = personOf(request)
  if (!person) throw new SseError('unauthorized', 'Sign in first')
  return person
}

/** The same, and only if that is a dispatcher; others are refused with 403. */
export function requireDispatcher(request: FastifyRequest, personOf: PersonOf): Person {
  const person = requirePerson(request, personOf)
  if (person.role !== 'dispatcher')
    throw new SseError('forbidden', 'This is for dispatchers', { status: 403 })
  return person
}

/** The same, and only if that is the owner of this inbox; others are refused with 403. */
export function requireOwner(request: FastifyRequest, personOf: PersonOf, owner: string): Person {
  const person = requirePerson(request, personOf)
  if (person.id !== owner) throw new SseError('forbidden', 'This is not your inbox', { status: 403 })
  return person
}
