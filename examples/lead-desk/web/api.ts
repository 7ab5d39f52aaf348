import type { InboxLead, Lead, NewLead } from '../shared/lead.ts'
import type { Person } from '../shared/person.ts'

export interface Session {
  me: Person | null
  people: Person[]
  password: string
}

/** The server's answer was not the one hoped for; `message` is for people to read. */
export class Refused extends Error {
  readonly status: number

  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

const ATTEMPTS = 4

export const api = {
  session: (signal: AbortSignal) => ask<Session>('GET', '/api/session', { signal }),
  signIn: (person: string, password: string) =>
    ask<{ me: Person }>('POST', '/api/sign-in', { body: { person, password } }),
  signOut: () => ask('POST', '/api/sign-out', { body: {} }),
  inbox: (owner: string, signal: AbortSignal) =>
    ask<{ leads: InboxLead[] }>('GET', `/api/inbox/${owner}`, { signal }),
  markRead: (owner: string, upTo: number) => ask('POST', `/api/inbox/${owner}/read`, { body: { upTo } }),
  assign: (lead: NewLead) => insist('/api/leads', lead),
  assignRandom: (owner: string) => insist('/api/leads/random', { owner }),
}

/** Asks again while the server cannot be reached. One key for all attempts: however many get there, one lead is made. */
async function insist(path: string, body: unknown): Promise<{ lead: Lead }> {
  const headers = { 'idempotency-key': crypto.randomUUID() }
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await ask('POST', path, { body, headers })
    } catch (error) {
      const isFinal = error instanceof Refused && error.status < 500
      if (isFinal || attempt === ATTEMPTS) throw error
      await new Promise((resolve) => setTimeout(resolve, 500 * attempt))
    }
  }
}

interface Request {
  body?: unknown
  headers?: Record<string, string>
  signal?: AbortSignal
}

async function ask<Answer>(method: string, path: string, request: Request): Promise<Answer> {
  const { body, headers, signal } = request
  const response = await fetch(path, {
    method,
    headers: { ...headers, ...(body !== undefined && { 'content-type': 'application/json' }) },
    ...(body !== undefined && { body: JSON.stringify(body) }),
    ...(signal && { signal }),
  }).catch((cause) => {
    throw cause.name === 'AbortError' ? cause : new Error('The server does not answer', { cause })
  })
  if (response.status === 204) return undefined as Answer
  const answer = await response.json().catch(() => ({}))
  if (!response.ok) throw new Refused(response.status, answer.message ?? `The server said ${response.status}`)
  return answer
}
