import { SseError } from '@sse/contract'

/** What `authorize` may return; see `readIdentity` for what each answer means. */
export type Authorization = string | { readonly id: string | number } | boolean | null | undefined | 0 | 0n

/** `Authorization`, or a promise of one. A function without `return` does not match. */
export type Authorized = Authorization | PromiseLike<Authorization>

type Refusal = null | undefined | false | '' | 0 | 0n

/** `context.identity` behind an `authorize` that returns `Answer`: whatever of it admits; `undefined` without one. */
export type IdentityOf<Answer> = [Exclude<Awaited<Answer>, Refusal>] extends [never]
  ? undefined
  : Exclude<Awaited<Answer>, Refusal>

const MAX_CHARS = 256
const FORBIDDEN = /\p{Cc}|\p{Surrogate}/u

/**
 * Reads the answer of `authorize`. Only `true`, a non-empty string and an object with an `id` admit.
 *
 * @returns the identity's id: 1 to 256 characters; `undefined` for `true`, an anonymous client.
 * @throws {SseError} `forbidden` for `false`; `unauthorized` for every other falsy answer; `option_invalid`, naming
 * the answer, for anything else, such as a `Response`.
 */
export function readIdentity(answer: unknown): string | undefined {
  if (answer === true) return undefined
  if (answer === false) throw new SseError('forbidden', 'Access to this stream is denied')
  if (!answer) throw new SseError('unauthorized', 'Not signed in')
  const id = typeof answer === 'object' ? (answer as { id?: unknown }).id : answer
  const isNumber = typeof answer === 'object' && typeof id === 'number' && Number.isFinite(id)
  const text = isNumber ? String(id) : id
  if (typeof text === 'string' && text !== '' && text.length <= MAX_CHARS && !FORBIDDEN.test(text))
    return text
  throw new SseError(
    'option_invalid',
    `authorize returned ${describe(answer)}. Return true, an id of 1 to ${MAX_CHARS} characters, an object with such an id, or null or false to refuse`,
  )
}

function describe(answer: unknown): string {
  if (typeof answer !== 'object' || answer === null) {
    return typeof answer === 'string' ? 'a string that is no usable id' : `a ${typeof answer}`
  }
  const { name } = (answer as { constructor?: { name?: unknown } }).constructor ?? {}
  return `an object${typeof name === 'string' && name !== 'Object' ? ` (${name})` : ''} without a usable id`
}
