import { SseError } from '@sse/contract'
import type { Entry, Place } from './relay-history.ts'

/** Part of every name that tabs share: copies of the package that speak another version never meet. */
export const VERSION = 1

/** How the leader's connection stands. */
export interface LeaderStatus {
  readonly state: 'connecting' | 'open' | 'waiting'
  /** The server's `retry`, in milliseconds. */
  readonly retryMs: number
  readonly reason?: PlainError
  readonly retryAt?: number | undefined
}

/** What tabs say to each other. No headers, no URLs. */
export type TabMessage =
  /** A follower asks for what came after its place, or its id; `from` is new with each question. */
  | { readonly type: 'hello'; readonly from: string; readonly at: Place | undefined; readonly after: string }
  /** The leader's answer; without `entries` where its memory does not reach. */
  | {
      readonly type: 'welcome'
      readonly to: string
      readonly at: Place
      readonly id: string
      readonly entries: readonly Entry[] | undefined
      readonly status: LeaderStatus
    }
  /** A new leader, which goes on after `follows` and the id `id`. */
  | {
      readonly type: 'lead'
      readonly at: Place
      readonly id: string
      readonly follows: Place | undefined
      readonly status: LeaderStatus
    }
  | { readonly type: 'entries'; readonly entries: readonly Entry[] }
  | { readonly type: 'status'; readonly term: number; readonly status: LeaderStatus }
  /** The leader heard its server. */
  | { readonly type: 'pulse'; readonly term: number }
  | { readonly type: 'end'; readonly term: number; readonly reason: PlainError | 'ended' }
  /** Event names that this tab wants. */
  | { readonly type: 'listen'; readonly names: readonly string[] }
  /** To oneself: what was said before has been heard by then. */
  | { readonly type: 'mark'; readonly from: string }
  /** Whoever leads answers `pong`. */
  | { readonly type: 'ping' }
  | { readonly type: 'pong'; readonly term: number }

/** An `SseError` as it travels: a channel would clone it without its fields. */
export interface PlainError {
  readonly code: string
  readonly message: string
  readonly status: number | undefined
  readonly retryAfterMs: number | undefined
  readonly cause?: PlainError
}

export function toPlainError({ code, message, status, retryAfterMs, cause }: SseError): PlainError {
  const plain = { code, message, status, retryAfterMs }
  return cause instanceof SseError ? { ...plain, cause: toPlainError(cause) } : plain
}

export function fromPlainError({ code, message, cause, ...options }: PlainError): SseError {
  return new SseError(code, message, cause ? { ...options, cause: fromPlainError(cause) } : options)
}
