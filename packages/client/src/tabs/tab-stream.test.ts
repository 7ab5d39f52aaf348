import { SseError } from '@sse/contract'
import { expect, it, vi } from 'vitest'
import { DEFAULT_RECONNECT } from '../connection/reconnect.ts'
import type { Transport, TransportEvents, TransportRequest } from '../transport/transport.ts'
import { TabStream } from './tab-stream.ts'

it('the connection of a new leader waits for the retry that the last leader received', async () => {
  const inner: Transport = (_, attempt) => {
    queueMicrotask(() => attempt.onEnd(new SseError('dropped', 'Closed')))
    return { close() {} }
  }
  const retryAts: (number | undefined)[] = []
  const events = { onRetry() {}, onEnd() {}, onWaiting: (_: SseError, at?: number) => retryAts.push(at) }
  const reconnect = { ...DEFAULT_RECONNECT, jitterMs: 0, maxJitterMs: 0 }
  const stream = new TabStream({
    inner,
    request: { lastEventId: '', reconnect } as unknown as TransportRequest,
    madeAt: Date.now(),
    events: events as unknown as TransportEvents,
    names: new Set(),
  })
  stream.setLeaderStatus({ state: 'open', retryMs: 60_000 })
  const before = Date.now()
  stream.openOwn()
  await vi.waitFor(() => expect(retryAts).toHaveLength(1))
  stream.closeOwn()
  expect(retryAts[0]).toBeGreaterThanOrEqual(before + 60_000)
})
