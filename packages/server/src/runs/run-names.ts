import { SseError } from '@sse/contract'

/** Event name of control entries. No contract may use it. */
export const RUN_EVENT = '@sse/run'
/** Presence channel of the processes that run something. */
export const RUNNERS = '@sse/runners'

const MAX_CHARS = 200
const FORBIDDEN = /\p{Cc}|\p{Surrogate}/u

/** Channel of a run's starts and its end. */
export function controlChannel(id: string): string {
  return `run:${id}`
}

/** Channel of one attempt's events. A process that was replaced writes where no reader looks. */
export function eventsChannel(id: string, attempt: number): string {
  return `run-events:${attempt}:${id}`
}

/** Channel of the runs of a group. */
export function groupChannel(group: string): string {
  return `run-group:${group}`
}

/** Returns whether a text may be the id of a run: 1 to 200 characters without control characters. */
export function isRunName(name: unknown): name is string {
  return typeof name === 'string' && name !== '' && name.length <= MAX_CHARS && !FORBIDDEN.test(name)
}

/**
 * Checks the id of a run or group, which an app may have taken from a request.
 *
 * @throws {SseError} `option_invalid`, with status 400 and shown to clients.
 */
export function checkRunName(what: 'id' | 'group', name: unknown): void {
  if (isRunName(name)) return
  const shown = what === 'id' ? "A run's id" : "A run's group"
  const message = `${shown} must be a string of 1 to ${MAX_CHARS} characters without control characters`
  throw new SseError('option_invalid', message, { status: 400, expose: true })
}

/** The error for a run that was never started, or is no longer retained. */
export function runUnknown(): SseError {
  return new SseError('run_unknown', 'There is no such run, or it is no longer retained')
}
