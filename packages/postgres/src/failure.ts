import { isSseError, type SseError } from '@sse/server'
import { failed, isTlsProblem, unavailable } from '@sse/server/engine-kit'

/** What a message may name. */
export interface Place {
  /** `host:port/database`. */
  readonly where: string
  readonly schema: string
}

type Explanation = readonly [
  code: RegExp,
  make: typeof failed,
  text: (place: Place, message: string) => string,
]

const REFUSED = () => 'refuses the credentials: check user name, password and pg_hba.conf'
const NO_DATABASE = () => 'has no database of that name: create it, or correct the URL'

/**
 * By SQLSTATE, https://www.postgresql.org/docs/current/errcodes-appendix.html, and what is said behind it: poolers have
 * one code for everything, the client library has none.
 */
const EXPLANATIONS: readonly Explanation[] = [
  [/^08P01 .*(auth(entication)? failed|no such user)/i, failed, REFUSED],
  [/^08P01 .*(no such database|database ".*" does not exist)/i, failed, NO_DATABASE],
  [/SASL: .*password must be/, failed, () => 'wants a password, and none was given'],
  [/^28/, failed, REFUSED],
  [/^3D000/, failed, NO_DATABASE],
  [
    /^42501/,
    failed,
    ({ schema }, message) =>
      `forbids something to this user (${message}): let it own the schema ${schema}, or grant it what the README names`,
  ],
  [/does not support SSL/, failed, () => 'does not speak TLS: switch it on there, or leave `tls` away'],
  [/^57P03/, unavailable, () => 'is starting up, or shutting down'],
  [/^57P0[125]/, unavailable, () => 'has ended the connection'],
  [/^53300/, unavailable, () => 'has no connection left (max_connections)'],
  [/^53100/, unavailable, () => 'has a full disk: nothing was stored'],
  [/^53|^58030/, unavailable, (_, message) => `is short of resources: ${message}`],
  [
    /^25006|recovery is in progress/,
    unavailable,
    () => 'is a standby, or read-only, and takes no writes: waiting for a primary',
  ],
  [/^(55P03|57014|25P0[34])/, unavailable, (_, message) => `has given up: ${message}`],
  [/^40/, unavailable, (_, message) => `could not order what met at once: ${message}`],
  [/^08/, unavailable, (_, message) => `cannot be reached: ${message}`],
  [
    /^(42P01|3F000|42883|SSE01)/,
    unavailable,
    ({ schema }) => `has lost the tables of the schema ${schema}: they are made anew`,
  ],
]

/** The failure of a server in words that say what to do; an `SseError` stays what it is. */
export function explain(error: unknown, place: Place): SseError {
  if (isSseError(error)) return error
  const { message = String(error), code = '' } = error as { message?: string; code?: string }
  const server = `Postgres at ${place.where}`
  const found = EXPLANATIONS.find(([pattern]) => pattern.test(`${code} ${message}`))
  if (found) return found[1](`${server} ${found[2](place, message)}`, error)
  if (isTlsProblem(code)) return failed(`${server} cannot be reached over TLS: ${code}`, error)
  // Five characters are an answer of the server; whatever else comes from the socket or the client library.
  if (/^[0-9A-Z]{5}$/.test(code) && code !== 'EPIPE') return failed(`${server} answered: ${message}`, error)
  return unavailable(`${server} cannot be reached: ${code || message}`, error)
}

const stateOf = (error: unknown): string => String((error as { code?: unknown } | undefined)?.code ?? '')

/** Whether what met at once may succeed one after the other. */
export function isCollision(error: unknown): boolean {
  return /^(40001|40P01)$/.test(stateOf(error))
}

/** Whether the tables are gone that were there. */
export function isMissing(error: unknown): boolean {
  return /^(42P01|3F000|42883|SSE01)$/.test(stateOf(error))
}

/** Whether a table is not the one it should be: it lacks a column, or the column is of another kind. */
export function isOther(error: unknown): boolean {
  return /^(42703|42883|42804|42P18)$/.test(stateOf(error))
}

/** Whether the connection ended under a call that may simply be made again. */
export function isCut(error: unknown): boolean {
  const { message = '' } = (error ?? {}) as { message?: string }
  return (
    /^(57P0[12]|ECONNRESET|EPIPE)$/.test(stateOf(error)) ||
    /^(Connection terminated|Client (has|was))/.test(message)
  )
}

/** Whether another connection, perhaps to another server, is what it takes. */
export function asksForReconnect(error: unknown): boolean {
  return /^(25006|57P|08|55000)/.test(stateOf(error))
}
