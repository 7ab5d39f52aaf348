import { SseError } from '@sse/client'
import { expect, it } from 'vitest'
import { Counts } from './counts.ts'
import { Latencies } from './latencies.ts'
import { localAddress } from './local-address.ts'
import { SendTime } from './send-time.ts'
import { Tally } from './tally.ts'

it('tells failures apart: responses that were closed, refusals by status and code, errors by code', () => {
  const tally = new Tally()
  const cause = Object.assign(new Error('reset'), { code: 'ECONNRESET' })
  tally.fail(new SseError('dropped', 'closed'))
  tally.fail(new SseError('http_status', 'refused', { status: 503 }))
  tally.fail(new SseError('http_status', 'refused', { status: 503, cause: new SseError('draining', '') }))
  tally.fail(new SseError('http_status', '', { status: 302, cause: new Error('redirects to /x') }))
  tally.fail(new SseError('network', 'failed', { cause }))
  tally.fail(new SseError('unauthorized', 'from sse.error'))
  expect(tally.closes).toBe(1)
  expect(tally.refusals.toJSON()).toEqual({ 503: 1, '503 draining': 1, '302 redirects to /x': 1 })
  expect(tally.errors.toJSON()).toEqual({ ECONNRESET: 1, unauthorized: 1 })
})

it('counts at most 40 kinds, and the rest as others: a server chooses their names', () => {
  const counts = new Counts()
  for (let n = 0; n < 100; n += 1) counts.add(`${n} ${'x'.repeat(1_000)}`)
  expect(counts.total).toBe(100)
  expect(counts.entries()).toHaveLength(41)
  expect(counts.entries()[0]).toEqual(['other', 60])
  expect(counts.entries().every(([kind]) => kind.length <= 80)).toBe(true)
})

it('gives percentiles in milliseconds, and none without a value', () => {
  const latencies = new Latencies()
  expect(latencies.percentiles()).toBeUndefined()
  for (let ms = 1; ms <= 100; ms += 1) latencies.record(ms)
  latencies.record(0)
  const { count, p50, p90, p99, max } = latencies.percentiles() as NonNullable<
    ReturnType<Latencies['percentiles']>
  >
  expect(count).toBe(101)
  for (const [value, expected] of [
    [p50, 50],
    [p90, 90],
    [p99, 99],
    [max, 100],
  ] as const) {
    expect(Math.abs(value - expected)).toBeLessThan(1)
  }
})

it.each([
  ['{"at":1764200000123}', 'at', 1764200000123],
  ['{"at":1764200000.5}', 'at', 1764200000500],
  ['{"a":{"b":"2026-11-27T10:00:00.123Z"}}', 'a.b', Date.UTC(2026, 10, 27, 10, 0, 0, 123)],
  ['{"a":{"b":"soon"}}', 'a.b', undefined],
  ['{"a":null}', 'a.b', undefined],
  ['[1764200000123]', '0', 1764200000123],
  ['no JSON', 'at', undefined],
])('reads the time an event was sent from %s, field %s', (data, field, time) => {
  const sendTime = new SendTime(field)
  expect(sendTime.of(data)).toBe(time)
  expect(sendTime.of(data)).toBe(time)
})

it('spreads connections to this machine over its addresses, where one has too few ports', () => {
  expect(localAddress('127.0.0.1', 19_999, 'linux')).toBeUndefined()
  expect(localAddress('127.0.0.1', 20_000, 'linux')).toBe('127.0.0.2')
  expect(localAddress('127.0.0.1', 99_999, 'linux')).toBe('127.0.0.5')
  expect(localAddress('127.0.0.1', 99_999, 'darwin')).toBeUndefined()
  expect(localAddress('10.0.0.1', 99_999, 'linux')).toBeUndefined()
})
