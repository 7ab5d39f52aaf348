import { SseError } from '@sse/contract'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Transport } from '../transport/transport.ts'
import type { StreamReceiver } from './attempt.ts'
import { DEFAULT_RECONNECT, jitteredRetry } from './reconnect.ts'
import { ReconnectLoop } from './reconnect-loop.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

const receiver: StreamReceiver = {
  lastEventId: '',
  eventNames: () => [],
  onId() {},
  onMessage() {},
  onStatus() {},
  onFailure() {},
}

/** A loop whose first attempt gets 503, with `Retry-After` in milliseconds; later ones stay pending. */
function refuse(retryAfterMs?: number) {
  const startedAt: number[] = []
  const begin = Date.now()
  const transport: Transport = (_, events) => {
    startedAt.push(Date.now() - begin)
    const options = retryAfterMs ? { status: 503, retryAfterMs } : { status: 503 }
    if (startedAt.length === 1) events.onEnd(new SseError('http_status', 'Busy', options))
    return { close() {} }
  }
  const reconnect = { ...DEFAULT_RECONNECT, jitterMs: 100, maxJitterMs: 100 }
  const prepare = () => ({ url: 'http://app.example/', method: 'GET', headers: {} }) as never
  const loop = new ReconnectLoop({ transport, prepare, reconnect, retry: jitteredRetry(reconnect) }, receiver)
  loop.start()
  return { loop, startedAt }
}

describe('Retry-After', () => {
  it('is respected after a page was frozen and shown again', () => {
    const { loop, startedAt } = refuse(60_000)
    const waiting = loop.status
    expect(waiting).toMatchObject({ state: 'waiting', error: { status: 503 } })
    for (let round = 0; round < 3; round += 1) {
      vi.advanceTimersByTime(1_000)
      loop.onFreeze()
      expect(loop.isPaused('frozen')).toBe(true)
      vi.advanceTimersByTime(1_000)
      loop.onWake()
      expect(loop.status).toEqual(waiting)
    }
    vi.advanceTimersByTime(53_999)
    expect(startedAt).toEqual([0])
    vi.advanceTimersByTime(101)
    expect(startedAt).toHaveLength(2)
    expect(startedAt[1]).toBeGreaterThanOrEqual(60_000)
    loop.close('closed')
  })

  it('is respected after the network was lost and is back', () => {
    vi.stubGlobal('navigator', { onLine: false })
    const { loop, startedAt } = refuse(60_000)
    expect(loop.isPaused('offline')).toBe(true)
    vi.advanceTimersByTime(1_000)
    vi.stubGlobal('navigator', { onLine: true })
    loop.onOnline()
    expect(loop.status).toMatchObject({ state: 'waiting', error: { status: 503 } })
    vi.advanceTimersByTime(58_999)
    expect(startedAt).toEqual([0])
    vi.advanceTimersByTime(101)
    expect(startedAt).toHaveLength(2)
    loop.close('closed')
  })

  it('does not delay a page that is shown again after that time', () => {
    const { loop, startedAt } = refuse(60_000)
    loop.onFreeze()
    vi.advanceTimersByTime(70_000)
    loop.onWake()
    expect(startedAt).toEqual([0, 70_000])
    loop.close('closed')
  })
})

it('a page that is shown again reconnects at once if the server named no time', () => {
  const { loop, startedAt } = refuse()
  loop.onFreeze()
  loop.onWake()
  expect(startedAt).toEqual([0, 0])
  loop.close('closed')
})
