import { SseError } from '@sse/contract'
import { findNameProblem, MAX_NAME_CHARS } from '@sse/contract/protocol'

/** An identity of the app: its id, or an object that has one. `true` is an anonymous client. */
export type Identity = string | { readonly id: string | number } | true

/** An identity that is admitted for a limited time, such as until a token expires. */
export interface ExpiringIdentity<Admitted extends Identity = Identity> {
  readonly identity: Admitted
  /**
   * When the connection ends, as a `Date` or in milliseconds since 1970. The client reconnects then, and is authorized
   * again. `undefined` and `Infinity`: never.
   */
  readonly expiresAt: Date | number | undefined
  /** An object with an id is an identity itself, whatever else it contains. */
  readonly id?: never
}

/** What `authorize` may return; see `readAuthorization` for what each answer means. */
export type Authorization = Identity | ExpiringIdentity | Refusal

/** `Authorization`, or a promise of one. A function without `return` does not match. */
export type Authorized = Authorization | PromiseLike<Authorization>

type Refusal = null | undefined | false | '' | 0 | 0n

type IdentityIn<Answer> = Answer extends { readonly id: string | number }
  ? Answer
  : Answer extends { readonly identity: infer Admitted; readonly expiresAt: unknown }
    ? Admitted
    : Exclude<Answer, Refusal>

/** `context.identity` behind an `authorize` that returns `Answer`: whatever of it admits; `undefined` without one. */
export type IdentityOf<Answer> = [IdentityIn<Awaited<Answer>>] extends [never]
  ? undefined
  : IdentityIn<Awaited<Answer>>

/** An answer of `authorize` that admits. */
export interface Admission {
  /** 1 to 256 characters; `undefined` for an anonymous client. */
  readonly id: string | undefined
  /** What becomes `context.identity`. */
  readonly identity: unknown
  /** When it expires, in milliseconds since 1970. `Infinity`: never. */
  readonly expiresAt: number
}

/** Numbers of seconds since 1970 are below for three thousand years, numbers of milliseconds above since 1973. */
const MIN_MS = 100_000_000_000

/**
 * Reads the answer of `authorize`. Only `true`, a non-empty string, an object with an `id`, and one of these in an object
 * with `identity` and `expiresAt` admit.
 *
 * @throws {SseError} `forbidden` for `false`; `unauthorized` for every other falsy answer and one that has expired;
 * `name_invalid` for an id that is too long or contains control characters; `option_invalid`, naming the answer, for
 * anything else, such as a `Response`.
 */
export function readAuthorization(answer: unknown): Admission {
  if (!isExpiring(answer))
    return { id: readId(answer), identity: answer, expiresAt: Number.POSITIVE_INFINITY }
  const { identity } = answer
  const expiresAt = readTime(answer.expiresAt)
  const id = readId(identity)
  if (expiresAt <= Date.now()) throw new SseError('unauthorized', 'Access to this stream has expired')
  return { id, identity, expiresAt }
}

function isExpiring(answer: unknown): answer is { identity: unknown; expiresAt: unknown } {
  return (
    typeof answer === 'object' &&
    answer !== null &&
    !('id' in answer) &&
    'identity' in answer &&
    'expiresAt' in answer
  )
}

function readTime(value: unknown): number {
  if (value === undefined) return Number.POSITIVE_INFINITY
  const ms = value instanceof Date ? value.getTime() : value
  if (typeof ms === 'number' && (ms >= MIN_MS || ms <= 0)) return ms
  const shown = typeof ms === 'number' ? String(ms) : typeof ms
  throw new SseError(
    'option_invalid',
    `authorize returned expiresAt ${shown}. Return a Date or milliseconds since 1970: a token's exp is in seconds`,
  )
}

function readId(answer: unknown): string | undefined {
  if (answer === true) return undefined
  if (answer === false) throw new SseError('forbidden', 'Access to this stream is denied')
  if (!answer) throw new SseError('unauthorized', 'Not signed in')
  const id = typeof answer === 'object' ? (answer as { id?: unknown }).id : answer
  const isNumber = typeof answer === 'object' && typeof id === 'number' && Number.isFinite(id)
  const text = isNumber ? String(id) : id
  const problem = findNameProblem(text)
  if (problem === undefined) return text as string
  // Text of the wrong kind comes from the client, as part of a token, a header or the path.
  if (typeof text === 'string' && text !== '') {
    throw new SseError('name_invalid', `An identity must be 1 to ${MAX_NAME_CHARS} characters: ${problem}`)
  }
  throw new SseError(
    'option_invalid',
    `authorize returned ${describe(answer)}. Return true, an id of 1 to ${MAX_NAME_CHARS} characters, an object with such an id, { identity, expiresAt }, or null or false to refuse`,
  )
}

function describe(answer: unknown): string {
  if (typeof answer !== 'object' || answer === null) return `a ${typeof answer}`
  const { name } = (answer as { constructor?: { name?: unknown } }).constructor ?? {}
  return `an object${typeof name === 'string' && name !== 'Object' ? ` (${name})` : ''} without a usable id`
}
