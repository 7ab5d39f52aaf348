import { SseError } from '@sse/server'
import type { FastifyRequest } from 'fastify'
import type { Person } from '../shared/person.ts'
import type { PersonOf } from './sign-in.ts'

/** Returns the person who makes this request. Throws a 401 without a session. */
export function requirePerson(request: FastifyRequest, personOf: PersonOf): Person {
  const person = personOf(request)
  if (!person) throw new SseError('unauthorized', 'Sign in first')
  return person
}

/** Returns the person if they are a dispatcher. Throws a 403 for others. */
export function requireDispatcher(request: FastifyRequest, personOf: PersonOf): Person {
  const person = requirePerson(request, personOf)
  if (person.role !== 'dispatcher') throw new SseError('forbidden', 'Only dispatchers may do this')
  return person
}

/** Returns the person if they own this inbox. Throws a 403 for others. */
export function requireOwner(request: FastifyRequest, personOf: PersonOf, owner: string): Person {
  const person = requirePerson(request, personOf)
  if (person.id !== owner) throw new SseError('forbidden', 'This is not your inbox')
  return person
}
