import type { SseError } from '@sse/contract'

export interface ReconnectOptions {
  /** Width of the first delay's jitter, in milliseconds. Default 2,000. It grows by 5 % with each failure. */
  minDelayMs?: number
  /** Most the jitter grows to, in milliseconds. Default 30,000. */
  maxDelayMs?: number
  /** Attempts in a row without an event before giving up. Default `Infinity`; 0: never reconnect. */
  maxAttempts?: number
}

/** What `ReconnectOptions` are by default. */
export const DEFAULT_RECONNECT: Required<ReconnectOptions> = {
  minDelayMs: 2_000,
  maxDelayMs: 30_000,
  maxAttempts: Infinity,
}

/**
 * With each failure. Doubling bunches up those whose delays are still short when the server is back: after an outage
 * of 5 s the fullest second had 3.8 times the mean, with this 1.5 (bench/reconnect-storm.ts).
 */
const GROWTH = 1.05

/** The longest a timer can wait: longer ones fire at once. */
export const MAX_TIMER_MS = 2_147_483_647

/**
 * How long to wait before attempt `attempt` (from 1): the server's `retry`, and on top of it full jitter over a
 * width that grows, so that clients cut off together do not come back together.
 *
 * @param retryMs - what the server asked for; anything from 0 to `Infinity`, clamped so that the delay is one
 * a timer can keep (2,147,483,647 ms).
 * @param random - a number from 0 up to 1.
 * @see https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
 */
export function reconnectDelay(
  attempt: number,
  retryMs: number,
  { minDelayMs, maxDelayMs }: Required<ReconnectOptions>,
  random: number,
): number {
  const width = Math.min(maxDelayMs, minDelayMs * GROWTH ** (attempt - 1))
  return Math.min(MAX_TIMER_MS, Math.max(0, retryMs) + random * width)
}

const RETRYABLE_STATUS = /^(5..|408|425|429)$/

/** Whether the same request may succeed later: a failed network, 5xx, 408, 425 and 429; not another status. */
export function isRetryable({ code, status }: SseError): boolean {
  if (code === 'http_status') return RETRYABLE_STATUS.test(String(status))
  return !['content_type', 'option_invalid', 'payload_too_large'].includes(code)
}
