import { SseError } from '@sse/contract'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isRetryable, reconnectDelay } from './reconnect.ts'

const options = { jitterMs: 1_000, maxJitterMs: 30_000, maxAttempts: Number.POSITIVE_INFINITY }
const HOUR_MS = 3_600_000
const attempts = fc.integer({ min: 1, max: 2_000 })
const randoms = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })

describe('the delay before a reconnect', () => {
  it('is what the server requested, of which at most one hour counts, and one a timer supports', () => {
    const retries = fc.oneof(
      fc.nat(),
      fc.constantFrom(0, 2 ** 31 - 1, 2 ** 31, 1e300, Number.POSITIVE_INFINITY),
    )
    fc.assert(
      fc.property(attempts, retries, randoms, (attempt, retryMs, random) => {
        const delay = reconnectDelay(attempt, retryMs, options, random)
        expect(delay).toBeGreaterThanOrEqual(Math.min(retryMs, HOUR_MS))
        expect(delay).toBeLessThanOrEqual(HOUR_MS + options.maxJitterMs)
      }),
    )
  })

  it('spreads over its whole width, which grows up to the maximum', () => {
    const width = (attempt: number) => reconnectDelay(attempt, 0, options, 1)
    const widths = [1, 2, 3, 60, 70, 71, 1_000].map((attempt) => Math.round(width(attempt)))
    expect(widths).toEqual([1_000, 1_050, 1_103, 17_790, 28_978, 30_000, 30_000])
    expect(reconnectDelay(1_000, 0, options, 0)).toBe(0)
    expect(reconnectDelay(1, 500, options, 0.5)).toBe(1_000)
  })
})

describe('isRetryable', () => {
  it.each([408, 425, 429, 500, 502, 503, 504, 599])('returns true for status %i', (status) => {
    expect(isRetryable(new SseError('http_status', '', { status }))).toBe(true)
  })

  it.each([400, 401, 403, 404, 410, 451, 201, 304])('returns false for status %s', (status) => {
    expect(isRetryable(new SseError('http_status', '', { status }))).toBe(false)
  })

  it.each([
    ['network', true],
    ['dropped', true],
    ['quota', true],
    ['content_type', false],
    ['option_invalid', false],
  ])('for %s returns %s', (code, heals) => {
    expect(isRetryable(new SseError(code, ''))).toBe(heals)
  })
})
