import { RESERVED_PREFIX } from './control.ts'
import { SseError } from './error.ts'
import { findNameProblem, MAX_NAME_CHARS } from './name.ts'
import type { StreamContract } from './stream-contract.ts'

/** The text a channel pattern stands for: `` `owner:${string}` `` for `owner:{owner}`. */
type Filled<Pattern extends string> = Pattern extends `${infer Head}{${string}}${infer Tail}`
  ? `${Head}${string}${Filled<Tail>}`
  : Pattern

/**
 * The channels of a contract, as a type: `` `owner:${string}` | 'everyone' `` for the patterns
 * `['owner:{owner}', 'everyone']`, and `string` for a contract that declares none.
 */
export type Channel<Contract> =
  Contract extends StreamContract<string, infer _Events, infer Pattern>
    ? string extends Pattern
      ? string
      : Filled<Pattern>
    : string

const PARAM = /\{([^{}]*)\}/g
const PARAM_NAME = /^[A-Za-z_]\w*$/

/**
 * Checks the channel patterns of a contract.
 *
 * @throws {SseError} `contract_invalid`, naming the pattern.
 */
export function checkPatterns(patterns: unknown): asserts patterns is readonly string[] | undefined {
  if (patterns === undefined) return
  if (!Array.isArray(patterns) || patterns.length === 0) {
    throw invalid("channels must be an array of at least one pattern, such as ['owner:{owner}', 'everyone']")
  }
  for (const pattern of patterns) checkPattern(pattern)
}

function checkPattern(pattern: unknown): void {
  if (typeof pattern !== 'string' || findNameProblem(pattern) !== undefined) {
    throw invalid(
      `channel pattern ${JSON.stringify(pattern)} must be 1 to ${MAX_NAME_CHARS} characters without control characters`,
    )
  }
  if (pattern.startsWith(RESERVED_PREFIX)) {
    throw invalid(`channel pattern "${pattern}": names that start with "${RESERVED_PREFIX}" are reserved`)
  }
  const names = [...pattern.matchAll(PARAM)].map(([, name]) => name as string)
  const wrong = names.find((name) => !PARAM_NAME.test(name))
  if (wrong !== undefined || /[{}]/.test(pattern.replaceAll(PARAM, ''))) {
    throw invalid(
      `channel pattern "${pattern}": write a parameter as "{name}", with letters, digits and "_" in its name`,
    )
  }
  if (pattern.includes('}{')) {
    throw invalid(`channel pattern "${pattern}": put text between two parameters, such as "{a}:{b}"`)
  }
}

const matchers = new WeakMap<StreamContract, RegExp>()

/**
 * Checks that a channel is one the contract declares. A contract without `channels` allows every channel.
 *
 * @throws {SseError} `channel_invalid`, listing the declared patterns.
 */
export function checkDeclaredChannel(contract: StreamContract, channel: string): void {
  const { channels, path } = contract
  if (channels === undefined) return
  let matcher = matchers.get(contract)
  if (!matcher) {
    matcher = new RegExp(`^(?:${channels.map(toSource).join('|')})$`, 'su')
    matchers.set(contract, matcher)
  }
  if (matcher.test(channel)) return
  throw new SseError(
    'channel_invalid',
    `Stream "${path}" has no channel ${JSON.stringify(channel)}; it has "${channels.join('", "')}"`,
  )
}

/** A parameter is any text of at least one character. */
function toSource(pattern: string): string {
  return pattern
    .split(/\{[^{}]*\}/)
    .map((literal) => literal.replace(/[\\^$.*+?()[\]|/]/g, '\\$&'))
    .join('.+')
}

function invalid(message: string): SseError {
  return new SseError('contract_invalid', `defineStream: ${message}`)
}
