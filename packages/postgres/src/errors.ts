import { isSseError, type SseError } from '@sse/server'
import { failed, isTlsProblem, unavailable } from '@sse/server/engine-kit'

/** What a message may name. */
export interface ErrorContext {
  /** `host:port/database`. */
  readonly where: string
  readonly schema: string
}

type Rule = readonly [
  code: RegExp,
  make: typeof failed,
  text: (context: ErrorContext, message: string) => string,
]

const REFUSED = () => 'refuses the credentials: check user name, password and pg_hba.conf'
const NO_DATABASE = () => 'has no database of that name: create it, or correct the URL'

/**
 * By SQLSTATE, https://www.postgresql.org/docs/current/errcodes-appendix.html, and the message behind it: poolers have
 * one code for everything, the client library has none.
 */
const RULES: readonly Rule[] = [
  [/^08P01 .*(auth(entication)? failed|no such user)/i, failed, REFUSED],
  [/^08P01 .*(no such database|database ".*" does not exist)/i, failed, NO_DATABASE],
  [/SASL: .*password must be/, failed, () => 'requires a password, and none was given'],
  [/^28/, failed, REFUSED],
  [/^3D000/, failed, NO_DATABASE],
  [
    /^42501/,
    failed,
    ({ schema }, message) =>
      `denies a right to this user (${message}): let it own the schema ${schema}, or grant the rights in the README`,
  ],
  [/does not support SSL/, failed, () => 'does not support TLS: switch it on there, or omit `tls`'],
  [/^57P03/, unavailable, () => 'is starting up, or shutting down'],
  [/^57P0[125]/, unavailable, () => 'has closed the connection'],
  [/^53300/, unavailable, () => 'has no connections left (max_connections)'],
  [/^53100/, unavailable, () => 'has a full disk: nothing was stored'],
  [/^53|^58030/, unavailable, (_, message) => `is short of resources: ${message}`],
  [
    /^25006|recovery is in progress/,
    unavailable,
    () => 'is a standby, or read-only, and accepts no writes: waiting for a primary',
  ],
  [/^(55P03|57014|25P0[34])/, unavailable, (_, message) => `has cancelled the statement: ${message}`],
  [/^40/, unavailable, (_, message) => `could not serialize concurrent calls: ${message}`],
  [/^08/, unavailable, (_, message) => `cannot be reached: ${message}`],
  [
    /^(42P01|3F000|42883|SSE01)/,
    unavailable,
    ({ schema }) => `has lost the tables of the schema ${schema}: they are created again`,
  ],
]

/** Maps an error of the server or client library to one that says what to do. Keeps an `SseError`. */
export function toSseError(error: unknown, context: ErrorContext): SseError {
  if (isSseError(error)) return error
  const { message = String(error), code = '' } = error as { message?: string; code?: string }
  const server = `Postgres at ${context.where}`
  const found = RULES.find(([pattern]) => pattern.test(`${code} ${message}`))
  if (found) return found[1](`${server} ${found[2](context, message)}`, error)
  if (isTlsProblem(code)) return failed(`${server} cannot be reached over TLS: ${code}`, error)
  // Five characters are a code of the server; anything else comes from the socket or the client library.
  if (/^[0-9A-Z]{5}$/.test(code) && code !== 'EPIPE') return failed(`${server} answered: ${message}`, error)
  return unavailable(`${server} cannot be reached: ${code || message}`, error)
}

const stateOf = (error: unknown): string => String((error as { code?: unknown } | undefined)?.code ?? '')

/** Returns whether a call collided with another one, and may succeed now. */
export function isCollision(error: unknown): boolean {
  return /^(40001|40P01)$/.test(stateOf(error))
}

/** Returns whether the tables are missing. */
export function isMissing(error: unknown): boolean {
  return /^(42P01|3F000|42883|SSE01)$/.test(stateOf(error))
}

/** Returns whether a table lacks a column, or has one of another type: it is not the engine's. */
export function hasOtherColumns(error: unknown): boolean {
  return /^(42703|42883|42804|42P18)$/.test(stateOf(error))
}

/** Returns whether the connection was lost during a call that can be repeated. */
export function isCut(error: unknown): boolean {
  const { message = '' } = (error ?? {}) as { message?: string }
  return (
    /^(57P0[12]|ECONNRESET|EPIPE)$/.test(stateOf(error)) ||
    /^(Connection terminated|Client (has|was))/.test(message)
  )
}

/** Returns whether a failed call needs another connection, perhaps to another server. */
export function needsReconnect(error: unknown): boolean {
  return /^(25006|57P|08|55000)/.test(stateOf(error))
}
