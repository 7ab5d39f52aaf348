import { SseError } from '@sse/contract'
import { checkRunName } from './run-names.ts'
import type { StartOptions } from './runs.ts'

/** Checked options of a start. */
export interface Starting extends Pick<StartOptions, 'group' | 'waitUntil'> {
  readonly ifRunning: 'join' | 'refuse' | 'replace'
  readonly maxAttempts: number
}

const MAX_ATTEMPTS = 100

/** Checks the arguments of a start. @throws {SseError} `option_invalid`, `source_invalid`. */
export function settleStart(source: unknown, options: StartOptions): Starting {
  const { group, ifRunning = 'join', maxAttempts = 1, waitUntil } = options
  if (typeof source !== 'function') {
    throw new SseError(
      'source_invalid',
      `start: the source of a run must be a function, not ${typeof source}`,
    )
  }
  if (group !== undefined) checkRunName('group', group)
  if (!['join', 'refuse', 'replace'].includes(ifRunning)) {
    throw invalid(`ifRunning must be "join", "refuse" or "replace", not ${JSON.stringify(ifRunning)}`)
  }
  if (!Number.isInteger(maxAttempts) || maxAttempts < 1 || maxAttempts > MAX_ATTEMPTS) {
    throw invalid(`maxAttempts must be a whole number from 1 to ${MAX_ATTEMPTS}, not ${String(maxAttempts)}`)
  }
  if (waitUntil !== undefined && typeof waitUntil !== 'function')
    throw invalid('waitUntil must be a function')
  return { group, ifRunning, maxAttempts, waitUntil }
}

function invalid(message: string): SseError {
  return new SseError('option_invalid', `start: ${message}`)
}
