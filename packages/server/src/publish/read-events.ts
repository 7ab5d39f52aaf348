import { SseError } from '@sse/contract'
import { findNameProblem, MAX_NAME_CHARS } from '@sse/contract/protocol'
import { invalidBody } from '../http/request-body.ts'

/** Most events of one request. */
const MAX_EVENTS = 1_000

/** An event of a request's body, with the types that JSON can have. */
export interface GivenEvent {
  /** How messages name it: `events[3]`, or nothing if it is the only one. */
  readonly where: string
  readonly channel: string
  readonly event: string
  readonly payload: unknown
  readonly key: string | undefined
  readonly idempotencyKey: string | undefined
}

const MEMBERS = new Set(['channel', 'event', 'payload', 'key', 'idempotencyKey'])

/**
 * Reads the events of a body: one object, or an array of them.
 *
 * @param requestKey - the `Idempotency-Key` header: each event gets a key made from it and its place.
 * @throws {SseError} `body_invalid`; `publish_invalid`, naming the event.
 */
export function readEvents(body: unknown, requestKey: string | undefined): GivenEvent[] {
  const list: readonly unknown[] = Array.isArray(body) ? body : [body]
  if (list.length === 0) throw invalidBody('the list of events is empty')
  if (list.length > MAX_EVENTS) {
    throw new SseError('body_too_large', `A request may have ${MAX_EVENTS} events, not ${list.length}`)
  }
  if (requestKey !== undefined) checkRequestKey(requestKey)
  return list.map((item, index) => readEvent(item, index, Array.isArray(body), requestKey))
}

function readEvent(
  item: unknown,
  index: number,
  isListed: boolean,
  requestKey: string | undefined,
): GivenEvent {
  const where = isListed ? `events[${index}]` : ''
  if (typeof item !== 'object' || item === null || Array.isArray(item)) {
    throw invalidEvent(where, 'an event is an object { channel, event, payload }')
  }
  const unknown = Object.keys(item).find((name) => !MEMBERS.has(name))
  if (unknown !== undefined) {
    throw invalidEvent(
      where,
      `${JSON.stringify(unknown.slice(0, 100))} is not known; an event has ${[...MEMBERS].join(', ')}`,
    )
  }
  const { channel, event, payload, key, idempotencyKey } = item as Record<string, unknown>
  if (requestKey !== undefined && idempotencyKey !== undefined) {
    throw invalidEvent(where, 'it has an idempotencyKey, and the request an Idempotency-Key: use one of them')
  }
  return {
    where,
    channel: textOf(where, 'channel', channel),
    event: textOf(where, 'event', event),
    payload,
    key: key === undefined ? undefined : textOf(where, 'key', key),
    idempotencyKey:
      idempotencyKey === undefined
        ? keyOf(requestKey, index)
        : textOf(where, 'idempotencyKey', idempotencyKey),
  }
}

function textOf(where: string, name: string, value: unknown): string {
  if (typeof value === 'string') return value
  throw invalidEvent(where, `${name} must be a string${value === undefined ? '; it is missing' : ''}`)
}

/** In a list and alone the first event has the same key. */
const keyOf = (requestKey: string | undefined, index: number): string | undefined =>
  requestKey === undefined ? undefined : `${requestKey}#${index}`

const MAX_KEY_CHARS = MAX_NAME_CHARS - `#${MAX_EVENTS}`.length

function checkRequestKey(key: string): void {
  const isTooLong = key.length > MAX_KEY_CHARS
  const problem = isTooLong ? `it has ${key.length}` : findNameProblem(key)
  if (problem === undefined) return
  throw new SseError(
    'publish_invalid',
    `Idempotency-Key must have 1 to ${MAX_KEY_CHARS} characters: ${problem}`,
  )
}

export function invalidEvent(where: string, problem: string): SseError {
  return new SseError('publish_invalid', where === '' ? problem : `${where}: ${problem}`)
}
