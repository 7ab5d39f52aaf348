import { SseError, type StreamContract } from '@sse/contract'
import { checkDeclaredChannel, RESERVED_PREFIX } from '@sse/contract/protocol'
import { isControlChannel } from '../log/control-entry.ts'

const MAX_CHARS = 256
const MAX_CHANNELS = 128
// Half a surrogate pair has no UTF-8, and a control character in a name is a mistake.
const FORBIDDEN = /\p{Cc}|\p{Surrogate}/u

/**
 * Checks a name, which an app may have built from client input: 1 to 256 characters, no control characters.
 *
 * @throws {SseError} `option_invalid`, naming `what`.
 */
export function checkName(what: 'subscriber' | 'identity' | 'key' | 'idempotencyKey', name: unknown): void {
  const problem = findProblem(name)
  if (problem !== undefined) throw new SseError('option_invalid', describe(what, problem))
}

/**
 * Checks a channel: its name, that it is not reserved, and that the contract declares it if it declares any.
 *
 * @throws {SseError} `channel_invalid`.
 */
export function checkChannel(contract: StreamContract, channel: string): void {
  const problem = findProblem(channel)
  if (problem !== undefined) throw new SseError('channel_invalid', describe('channel', problem))
  if (isControlChannel(channel)) {
    throw new SseError(
      'channel_invalid',
      `Channels whose name starts with "${RESERVED_PREFIX}" are reserved: ${channel}`,
    )
  }
  checkDeclaredChannel(contract, channel)
}

/** Checks one channel or a list, and returns each channel once. @throws {SseError} `channel_invalid`. */
export function checkChannels(
  contract: StreamContract,
  channels: string | readonly string[],
): readonly string[] {
  const list = typeof channels === 'string' ? [channels] : channels
  if (!Array.isArray(list) || list.length === 0 || list.length > MAX_CHANNELS) {
    throw new SseError(
      'channel_invalid',
      `subscribe takes a channel, or an array of 1 to ${MAX_CHANNELS} channels`,
    )
  }
  for (const channel of list) checkChannel(contract, channel)
  return list.length === 1 ? list : [...new Set(list)]
}

function describe(what: string, problem: string): string {
  return `A hub's ${what} must be a string of 1 to ${MAX_CHARS} characters: ${problem}`
}

function findProblem(name: unknown): string | undefined {
  if (typeof name !== 'string') return `it is ${name === null ? 'null' : typeof name}`
  if (name === '') return 'it is empty'
  if (name.length > MAX_CHARS) return `it has ${name.length}`
  if (FORBIDDEN.test(name))
    return `${JSON.stringify(name)} contains a control character or half a surrogate pair`
  return undefined
}
