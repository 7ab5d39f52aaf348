import { isSseError, SseError } from '@sse/contract'
import type { EndReason } from '../connection/status.ts'
import type { RelayedEvent, RelayPosition } from './relay-history.ts'

/** Part of every shared name: copies of the package with another version of these messages never share. */
export const VERSION = 2

/** State of the leader's connection. */
export interface LeaderStatus {
  readonly state: 'connecting' | 'open' | 'waiting'
  /** The server's `retry`, in milliseconds. */
  readonly retryMs: number
  readonly error?: PlainError | undefined
  readonly retryAt?: number | undefined
}

/** Messages between tabs. They contain no headers and no URLs. */
export type TabMessage =
  /**
   * A follower requests what came after its position or its id; `isExact` if the id marks its position. `from` is new
   * for each request.
   */
  | {
      readonly type: 'hello'
      readonly from: string
      readonly at: RelayPosition | undefined
      readonly after: string
      readonly isExact: boolean
    }
  /** The leader's reply to `hello`; without `entries` if its history does not reach back. */
  | {
      readonly type: 'welcome'
      readonly to: string
      readonly at: RelayPosition
      readonly id: string | undefined
      readonly entries: readonly RelayedEvent[] | undefined
      readonly status: LeaderStatus
    }
  /** A tab became leader. It continues from the position `follows`; `id` marks its own position, if any. */
  | {
      readonly type: 'lead'
      readonly at: RelayPosition
      readonly id: string | undefined
      readonly follows: RelayPosition | undefined
      readonly status: LeaderStatus
    }
  | { readonly type: 'entries'; readonly entries: readonly RelayedEvent[] }
  | { readonly type: 'status'; readonly term: number; readonly status: LeaderStatus }
  /** The leader received bytes; `isHeartbeat` if they show that the server works. */
  | { readonly type: 'pulse'; readonly term: number; readonly isHeartbeat: boolean }
  | { readonly type: 'end'; readonly term: number; readonly reason: PlainError | EndReason }
  /** Event names that this tab listens to. */
  | { readonly type: 'listen'; readonly names: readonly string[] }
  /** Sent to oneself: by its arrival, all earlier messages have arrived. */
  | { readonly type: 'mark'; readonly from: string }
  /** The leader answers `pong`. */
  | { readonly type: 'ping' }
  | { readonly type: 'pong'; readonly term: number }

/** Message of a leader. */
export type LeaderMessage = Exclude<TabMessage, { type: 'hello' | 'listen' | 'mark' | 'ping' }>

interface PlainFields {
  readonly code: string
  readonly message: string
  readonly status?: number | undefined
  readonly retryAfterMs?: number | undefined
}

/** An `SseError` as plain data: a channel would clone it without its fields. */
export interface PlainError extends PlainFields {
  readonly cause?: PlainFields | undefined
}

export function toPlainError(error: SseError): PlainError {
  const { cause } = error
  return isSseError(cause) ? { ...fieldsOf(error), cause: fieldsOf(cause) } : fieldsOf(error)
}

export function fromPlainError({ cause, ...fields }: PlainError): SseError {
  return toError(fields, cause && toError(cause))
}

function toError({ code, message, status, retryAfterMs }: PlainFields, cause?: SseError): SseError {
  return new SseError(code, message, cause ? { status, retryAfterMs, cause } : { status, retryAfterMs })
}

function fieldsOf({ code, message, status, retryAfterMs }: SseError): PlainFields {
  return { code, message, status, retryAfterMs }
}

type Check = (value: unknown) => boolean

const isString: Check = (value) => typeof value === 'string'
const isNumber: Check = (value) => Number.isFinite(value)
const isBoolean: Check = (value) => typeof value === 'boolean'
const isOptional =
  (check: Check): Check =>
  (value) =>
    value === undefined || check(value)
const isEach =
  (check: Check): Check =>
  (value) =>
    Array.isArray(value) && value.every(check)
const isShape =
  (fields: Readonly<Record<string, Check>>): Check =>
  (value) =>
    typeof value === 'object' &&
    value !== null &&
    Object.entries(fields).every(([name, check]) => check((value as Record<string, unknown>)[name]))

/** A leader's term. A larger one could not be followed by another. */
const isTerm: Check = (value) => typeof value === 'number' && value >= 0 && value <= Number.MAX_SAFE_INTEGER
const isPosition: Check = (value) => Array.isArray(value) && value.length === 2 && value.every(isTerm)
const isStatusCode: Check = (value) => Number.isInteger(value) && Number(value) >= 200 && Number(value) <= 599
const errorFields = {
  code: isString,
  message: isString,
  status: isOptional(isStatusCode),
  retryAfterMs: isOptional(isNumber),
}
const isError = isShape({ ...errorFields, cause: isOptional(isShape(errorFields)) })
const isEntry = isShape({
  at: isPosition,
  id: isString,
  setsId: isOptional(isBoolean),
  event: isOptional(isString),
  data: isOptional(isString),
})
const isStatus = isShape({
  state: (value) => value === 'connecting' || value === 'open' || value === 'waiting',
  retryMs: (value) => typeof value === 'number' && value >= 0,
  error: isOptional(isError),
  retryAt: isOptional(isNumber),
})

/** Fields of each message. */
const MESSAGES: Readonly<Record<TabMessage['type'], Check>> = {
  hello: isShape({ from: isString, at: isOptional(isPosition), after: isString, isExact: isBoolean }),
  welcome: isShape({
    to: isString,
    at: isPosition,
    id: isOptional(isString),
    entries: isOptional(isEach(isEntry)),
    status: isStatus,
  }),
  lead: isShape({
    at: isPosition,
    id: isOptional(isString),
    follows: isOptional(isPosition),
    status: isStatus,
  }),
  entries: isShape({ entries: (value) => isEach(isEntry)(value) && (value as unknown[]).length > 0 }),
  status: isShape({ term: isTerm, status: isStatus }),
  pulse: isShape({ term: isTerm, isHeartbeat: isBoolean }),
  end: isShape({
    term: isTerm,
    reason: (value) => value === 'ended' || value === 'no_content' || isError(value),
  }),
  listen: isShape({ names: isEach(isString) }),
  mark: isShape({ from: isString }),
  ping: isShape({}),
  pong: isShape({ term: isTerm }),
}

/**
 * Returns the message, or `undefined` for anything else: every script of the origin can post to the channel.
 *
 * Only the shape is checked. What is inside a message of the right shape is believed.
 */
export function parseTabMessage(data: unknown): TabMessage | undefined {
  const type = (data as { type?: unknown } | null | undefined)?.type
  if (typeof type !== 'string' || !Object.hasOwn(MESSAGES, type)) return undefined
  return MESSAGES[type as TabMessage['type']](data) ? (data as TabMessage) : undefined
}
