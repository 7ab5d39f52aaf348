/** Maximum length of an event name, channel, subscriber, identity or key, in characters. */
export const MAX_NAME_CHARS = 256
// Half a surrogate pair has no UTF-8, and a control character in a name is a mistake.
const FORBIDDEN = /\p{Cc}|\p{Surrogate}/u

/**
 * Returns what is wrong with a name, as the end of a sentence; `undefined` if it is valid: a string of 1 to 256
 * characters without control characters and halves of surrogate pairs.
 */
export function findNameProblem(name: unknown): string | undefined {
  if (typeof name !== 'string') return `it is ${name === null ? 'null' : typeof name}`
  if (name === '') return 'it is empty'
  if (name.length > MAX_NAME_CHARS) return `it has ${name.length}`
  if (FORBIDDEN.test(name)) {
    return `${JSON.stringify(name)} contains a control character or half a surrogate pair`
  }
  return undefined
}
