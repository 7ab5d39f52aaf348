import { SseError, type StreamContract } from '@sse/contract'
import {
  checkDeclaredChannel,
  findNameProblem,
  MAX_NAME_CHARS,
  RESERVED_PREFIX,
} from '@sse/contract/protocol'
import { isControlChannel } from '../log/control-entry.ts'

const MAX_CHANNELS = 128

/**
 * Checks a key of an event: 1 to 256 characters, no control characters.
 *
 * @throws {SseError} `option_invalid`, naming `what`.
 */
export function checkName(what: 'key' | 'idempotencyKey', name: unknown): void {
  const problem = findNameProblem(name)
  if (problem !== undefined) throw new SseError('option_invalid', describe(what, problem))
}

/**
 * Checks a name that an app usually builds from a request: text that cannot be a name is the client's mistake.
 *
 * @throws {SseError} `name_invalid` for such text; `option_invalid` for anything that is not a string.
 */
export function checkRequestName(what: 'channel' | 'subscriber' | 'identity', name: unknown): void {
  const problem = what === 'channel' ? findChannelProblem(name) : findNameProblem(name)
  if (problem === undefined) return
  throw new SseError(typeof name === 'string' ? 'name_invalid' : 'option_invalid', describe(what, problem))
}

/**
 * Checks a channel: its name, that it is not reserved, and that the contract declares it if it declares any.
 *
 * @throws {SseError} `channel_invalid`.
 */
export function checkChannel(contract: StreamContract, channel: string): void {
  const problem = findChannelProblem(channel)
  if (problem !== undefined) throw new SseError('channel_invalid', describe('channel', problem))
  checkDeclaredChannel(contract, channel)
}

/**
 * Checks the channels of a subscription, one or a list, and returns each channel once.
 *
 * @throws {SseError} `name_invalid` for text that cannot be a name; `channel_invalid` for anything else.
 */
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
  for (const channel of list) {
    if (typeof channel === 'string') checkRequestName('channel', channel)
    checkChannel(contract, channel)
  }
  return list.length === 1 ? list : [...new Set(list)]
}

function findChannelProblem(channel: unknown): string | undefined {
  const problem = findNameProblem(channel)
  if (problem !== undefined || !isControlChannel(channel)) return problem
  return `names that start with "${RESERVED_PREFIX}" are reserved`
}

function describe(what: string, problem: string): string {
  return `A hub's ${what} must be a string of 1 to ${MAX_NAME_CHARS} characters: ${problem}`
}
