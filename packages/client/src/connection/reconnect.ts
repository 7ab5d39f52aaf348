import type { SseError } from '@sse/contract'
import { isOffline } from './page-life-cycle.ts'

export interface ReconnectOptions {
  /**
   * Width of the first delay's jitter, in milliseconds. Default 2,000. The delay is the server's `retry` plus a
   * random part of this width, which grows by 5 % with each failure.
   */
  jitterMs?: number
  /** Maximum width of the jitter, in milliseconds. Default 30,000. */
  maxJitterMs?: number
  /** Maximum number of reconnects in a row without an event or a heartbeat. Default `Infinity`; 0 never reconnects. */
  maxAttempts?: number
  /**
   * Whether a request with a method other than GET is sent again after the server ended its response without
   * `sse.end`. Default `false`: the feed closes with `ended`, so that a prompt is not sent twice. A request whose
   * connection failed is always sent again.
   */
  resend?: boolean
  /**
   * Statuses to retry besides 408, 425, 429 and 5xx, such as `[404]` while a deploy replaces the server. 200 stands for
   * a response that is not an event stream, such as a page of HTML. Default: none. With the native transport, which
   * does not see the status, every refusal is 200.
   */
  retryOn?: readonly number[]
}

/** Defaults of `ReconnectOptions`. */
export const DEFAULT_RECONNECT: Required<ReconnectOptions> = {
  jitterMs: 2_000,
  maxJitterMs: 30_000,
  maxAttempts: Infinity,
  resend: false,
  retryOn: [],
}

/** Decides whether and when a `ReconnectLoop` tries again. */
export interface RetryPolicy {
  /**
   * Returns the delay before the next attempt, in milliseconds; `undefined` if the failure is final.
   *
   * @param attempt - the attempt that failed, counted from 1 since the last progress.
   * @param retryMs - the server's `retry`.
   */
  delayMs(error: SseError, attempt: number, retryMs: number): number | undefined
  /** Whether an open response is progress. Default `false`: only an event or a heartbeat is. */
  readonly openIsProgress?: boolean
}

/** Policy of `connect` and of tab sharing: full jitter above the server's `retry` and `Retry-After`. */
export function jitteredRetry(options: Required<ReconnectOptions>): RetryPolicy {
  const retryOn = new Set(options.retryOn)
  return {
    delayMs(error, attempt, retryMs) {
      if (!isRetryable(error, retryOn) || attempt > options.maxAttempts) return undefined
      const delayMs = (error.retryAfterMs ?? 0) + reconnectDelay(attempt, retryMs, options, Math.random())
      // Offline, an attempt is made now and then all the same: a page can be wrong about its network.
      return Math.min(MAX_TIMER_MS, Math.max(delayMs, isOffline() ? options.maxJitterMs : 0))
    },
  }
}

/**
 * Growth per failure. Doubling bunches up clients whose delays are still short when the server is back: after an
 * outage of 5 s the busiest second had 3.8 times the mean, with this 1.5 (bench/reconnect-storm.ts).
 */
const GROWTH = 1.05

/** How much of a server's `retry` and of its `Retry-After` counts, in milliseconds: one hour. */
export const MAX_WAIT_MS = 3_600_000

/** Longest delay a timer supports, in milliseconds. Longer ones fire at once. */
export const MAX_TIMER_MS = 2_147_483_647

/**
 * Returns the delay before attempt `attempt` (from 1), in milliseconds: the server's `retry` plus full jitter over a
 * growing width, so that clients disconnected together do not reconnect together.
 *
 * @param retryMs - the server's `retry`, 0 to `Infinity`. At most one hour of it counts.
 * @param random - a number from 0 (inclusive) to 1 (exclusive).
 * @see https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
 */
export function reconnectDelay(
  attempt: number,
  retryMs: number,
  { jitterMs, maxJitterMs }: Pick<Required<ReconnectOptions>, 'jitterMs' | 'maxJitterMs'>,
  random: number,
): number {
  const width = Math.min(maxJitterMs, jitterMs * GROWTH ** (attempt - 1))
  return Math.min(MAX_TIMER_MS, Math.min(MAX_WAIT_MS, Math.max(0, retryMs)) + random * width)
}

const RETRYABLE_STATUS = /^(5..|408|425|429)$/

/**
 * Returns whether the same request may succeed later: after a network failure, 5xx, 408, 425 and 429. Any other
 * status, a response that is not an event stream, and wrong usage fail the same way again.
 *
 * @param retryOn - further statuses that are retryable.
 */
export function isRetryable({ code, kind, status }: SseError, retryOn?: ReadonlySet<number>): boolean {
  if (kind === 'usage') return false
  return retryOn?.has(status) || (code !== 'content_type' && RETRYABLE_STATUS.test(String(status)))
}
