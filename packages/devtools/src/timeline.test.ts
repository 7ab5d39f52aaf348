import { expect, it, vi } from 'vitest'
import { FeedLog } from './feed-log.ts'
import { stretches } from './timeline.ts'

it('returns the states of the last two minutes, each until the next one', () => {
  vi.useFakeTimers({ now: 0 })
  const origin = { url: 'https://example.com/', method: 'GET', headerNames: [], contract: undefined }
  const log = new FeedLog({ ...origin, transport: vi.fn() }, { state: 'connecting', attempt: 1 }, undefined)
  vi.setSystemTime(60_000)
  log.onStatus({ state: 'open' })
  vi.setSystemTime(150_000)
  log.onStatus({ state: 'closed', reason: 'ended' })
  vi.useRealTimers()
  expect(stretches(log, 180_000)).toEqual([
    { state: 'open', from: 0, to: 0.75 },
    { state: 'closed', from: 0.75, to: 1 },
  ])
  expect(stretches(log, 120_000)[0]).toEqual({ state: 'connecting', from: 0, to: 0.5 })
})
