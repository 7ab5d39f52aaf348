import { SseError } from '@sse/contract'

const MAX_CHARS = 256
const MAX_CHANNELS = 128
// Half a surrogate pair has no UTF-8; a control character in a name is nobody's intention.
const FORBIDDEN = /\p{Cc}|\p{Surrogate}/u

/**
 * Checks a name an app may have made from what a client sent: 1 to 256 characters, no control characters.
 *
 * @throws {SseError} `channel_invalid` for a channel, else `option_invalid`, with the `what` it is.
 */
export function checkName(
  what: 'channel' | 'subscriber' | 'identity' | 'key' | 'idempotencyKey',
  name: unknown,
): void {
  const problem = findProblem(name)
  if (problem === undefined) return
  const code = what === 'channel' ? 'channel_invalid' : 'option_invalid'
  throw new SseError(code, `A hub's ${what} must be 1 to ${MAX_CHARS} characters: ${problem}`)
}

/** One channel or several, each once. @throws {SseError} `channel_invalid`. */
export function checkChannels(channels: string | readonly string[]): readonly string[] {
  const list = typeof channels === 'string' ? [channels] : channels
  if (!Array.isArray(list) || list.length === 0 || list.length > MAX_CHANNELS) {
    const message = `subscribe takes a channel, or 1 to ${MAX_CHANNELS} of them`
    throw new SseError('channel_invalid', message)
  }
  for (const channel of list) checkName('channel', channel)
  return list.length === 1 ? list : [...new Set(list)]
}

function findProblem(name: unknown): string | undefined {
  if (typeof name !== 'string') return `it is ${name === null ? 'null' : typeof name}`
  if (name === '') return 'it is empty'
  if (name.length > MAX_CHARS) return `it has ${name.length}`
  if (FORBIDDEN.test(name))
    return `${JSON.stringify(name)} holds a control character or half a surrogate pair`
  return undefined
}
