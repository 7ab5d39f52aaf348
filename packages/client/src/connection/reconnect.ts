import type { SseError } from '@sse/contract'

export interface ReconnectOptions {
  /**
   * Width of the first delay's jitter, in milliseconds. Default 2,000. The delay is the server's `retry` plus a
   * random part of this width, which grows by 5 % with each failure.
   */
  jitterMs?: number
  /** Maximum width of the jitter, in milliseconds. Default 30,000. */
  maxJitterMs?: number
  /** Maximum number of reconnects in a row without an event. Default `Infinity`; 0 never reconnects. */
  maxAttempts?: number
}

/** Defaults of `ReconnectOptions`. */
export const DEFAULT_RECONNECT: Required<ReconnectOptions> = {
  jitterMs: 2_000,
  maxJitterMs: 30_000,
  maxAttempts: Infinity,
}

/**
 * Growth per failure. Doubling bunches up clients whose delays are still short when the server is back: after an
 * outage of 5 s the busiest second had 3.8 times the mean, with this 1.5 (bench/reconnect-storm.ts).
 */
const GROWTH = 1.05

/** Longest delay a timer supports, in milliseconds. Longer ones fire at once. */
export const MAX_TIMER_MS = 2_147_483_647

/**
 * Returns the delay before attempt `attempt` (from 1), in milliseconds: the server's `retry` plus full jitter over a
 * growing width, so that clients disconnected together do not reconnect together.
 *
 * @param retryMs - the server's `retry`, 0 to `Infinity`. The delay is clamped to what a timer supports
 * (2,147,483,647 ms).
 * @param random - a number from 0 (inclusive) to 1 (exclusive).
 * @see https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
 */
export function reconnectDelay(
  attempt: number,
  retryMs: number,
  { jitterMs, maxJitterMs }: Required<ReconnectOptions>,
  random: number,
): number {
  const width = Math.min(maxJitterMs, jitterMs * GROWTH ** (attempt - 1))
  return Math.min(MAX_TIMER_MS, Math.max(0, retryMs) + random * width)
}

const RETRYABLE_STATUS = /^(5..|408|425|429)$/

/**
 * Returns whether the same request may succeed later: after a network failure, 5xx, 408, 425 and 429. Any other
 * status, and any wrong option, fails the same way again.
 */
export function isRetryable({ code, status }: SseError): boolean {
  if (code === 'http_status') return RETRYABLE_STATUS.test(String(status))
  return !['content_type', 'option_invalid', 'payload_too_large'].includes(code)
}
