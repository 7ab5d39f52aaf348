import { SSE_ERRORS, type SseErrorCode } from '@sse/contract'
import type { JsonSchema } from './schema-components.ts'

/** An answer that is no stream: `{ code, message }`, with one of some codes. */
export interface Refusal {
  readonly name: string
  readonly status: number | 'default'
  readonly description: string
  /** The codes, each with a message as the server writes it. */
  readonly examples: Readonly<Partial<Record<SseErrorCode, string>>>
  readonly headers?: object
}

const RETRY_AFTER = {
  'Retry-After': { description: 'Pause before the next attempt, in seconds.', schema: { type: 'integer' } },
}

const BAD_REQUEST: Refusal = {
  name: 'BadRequest',
  status: 400,
  description: 'The last event id, or a name made from the request, is invalid.',
  examples: {
    last_event_id_invalid: 'Last-Event-ID has more than 1024 characters',
    name_invalid: 'An identity must be 1 to 256 characters: it is empty',
  },
}
const UNAUTHORIZED: Refusal = {
  name: 'Unauthorized',
  status: 401,
  description: 'The client is not signed in.',
  examples: { unauthorized: 'Not signed in' },
}
const FORBIDDEN: Refusal = {
  name: 'Forbidden',
  status: 403,
  description: 'The client may not read this stream.',
  examples: { forbidden: 'Access to this stream is denied' },
}
const UNKNOWN_RUN: Refusal = {
  name: 'UnknownRun',
  status: 404,
  description: 'There is no run of this id.',
  examples: { run_unknown: 'There is no such run, or it is no longer retained' },
}
const RUN_EXISTS: Refusal = {
  name: 'RunExists',
  status: 409,
  description: 'Another run of the same group is running.',
  examples: { run_exists: 'Run "7" is still running' },
}
const ACK_INVALID: Refusal = {
  name: 'AckInvalid',
  status: 409,
  description: 'The id is of another log, or the client has no durable subscriber.',
  examples: { ack_invalid: 'The id belongs to another log' },
}
const ACK_ID_MISSING: Refusal = {
  name: 'AckIdInvalid',
  status: 400,
  description: 'The id is missing or invalid.',
  examples: {
    ack_invalid: 'The Last-Event-ID header is missing',
    last_event_id_invalid: 'Last-Event-ID has more than 1024 characters',
  },
}
const NOT_JSON: Refusal = {
  name: 'NotJson',
  status: 415,
  description: 'The content type is not JSON.',
  examples: { content_type_unsupported: 'Send the header "content-type: application/json"' },
}
const UNAVAILABLE: Refusal = {
  name: 'Unavailable',
  status: 503,
  description:
    'The server has too many connections, is shutting down, or cannot reach its storage. Retry later.',
  examples: {
    too_many_connections: 'Connection limit for this user reached',
    draining: 'The server is shutting down; retry in a moment',
    internal: 'Internal error',
  },
  headers: RETRY_AFTER,
}
const OTHER: Refusal = {
  name: 'Refused',
  status: 'default',
  description:
    'Another refusal, with a code of the library or of the app. Retry later after 408, 425, 429 and 5xx.',
  examples: {
    not_found: 'There is no stream at this path',
    method_not_allowed: 'Use GET or HEAD',
    stalled: 'The response could not be written for 60000 ms',
    internal: 'Internal error',
  },
}

const COMMON = [BAD_REQUEST, UNAUTHORIZED, FORBIDDEN, UNAVAILABLE, OTHER]

/** The refusals of each kind of request. */
export const REFUSALS: Readonly<
  Record<'follow' | 'followRun' | 'start' | 'ack' | 'stop' | 'status', readonly Refusal[]>
> = {
  follow: COMMON,
  followRun: [...COMMON, UNKNOWN_RUN],
  start: [...COMMON, RUN_EXISTS],
  ack: [ACK_ID_MISSING, UNAUTHORIZED, FORBIDDEN, ACK_INVALID, UNAVAILABLE, OTHER],
  stop: [...COMMON, UNKNOWN_RUN, NOT_JSON],
  status: [...COMMON, UNKNOWN_RUN],
}

/** Refers to refusals, as members of an operation's `responses`. */
export function refuse(refusals: readonly Refusal[]): Record<string, object> {
  return Object.fromEntries(
    refusals.map(({ status, name }) => [status, { $ref: `#/components/responses/${name}` }]),
  )
}

/** The Response Objects that some operations refer to, by name. */
export function refusalResponses(used: readonly Refusal[]): Record<string, object> {
  return Object.fromEntries(
    [...new Set(used)].map(({ name, description, examples, headers }) => [
      name,
      { description, ...(headers && { headers }), content: { 'application/json': mediaType(examples) } },
    ]),
  )
}

function mediaType(examples: Refusal['examples']): object {
  return {
    schema: { $ref: '#/components/schemas/Refusal' },
    examples: Object.fromEntries(
      Object.entries(examples).map(([code, message]) => [code, { value: { code, message } }]),
    ),
  }
}

/** Codes that the library may send to a client. */
const CODES = Object.entries(SSE_ERRORS).flatMap(([code, { kind }]) => (kind === 'request' ? [code] : []))

export const REFUSAL_SCHEMA: JsonSchema = {
  type: 'object',
  description: 'Why the server has not done what was asked.',
  required: ['code', 'message'],
  properties: {
    code: {
      type: 'string',
      description: `Stable: branch on it. The library has \`${CODES.join('`, `')}\`; an app may have others.`,
    },
    message: { type: 'string', description: 'For developers. It may change.' },
  },
}
