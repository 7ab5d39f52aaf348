import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { IdleWatch } from './idle-watch.ts'

const IDLE_MS = 35_000
const HOUR_MS = 3_600_000

describe('silence', () => {
  const onIdle = vi.fn()
  let watch: IdleWatch
  beforeEach(() => {
    vi.useFakeTimers()
    onIdle.mockClear()
    watch = new IdleWatch(IDLE_MS, onIdle)
    watch.heard()
  })
  afterEach(() => {
    watch.stop()
    vi.useRealTimers()
  })

  it('is noticed after the timeout, and at most 5 seconds later', () => {
    vi.advanceTimersByTime(7_000)
    watch.heard()
    vi.advanceTimersByTime(IDLE_MS - 1)
    expect(onIdle).not.toHaveBeenCalled()
    vi.advanceTimersByTime(5_001)
    expect(onIdle).toHaveBeenCalledOnce()
  })

  it('includes the time the machine was asleep, and is noticed within 5 seconds of the wake-up', () => {
    vi.advanceTimersByTime(6_000)
    vi.setSystemTime(Date.now() + HOUR_MS)
    vi.advanceTimersByTime(5_000)
    expect(onIdle).toHaveBeenCalledOnce()
  })

  it('is noticed within half of the timeout after a sleep that began while data arrived', () => {
    vi.advanceTimersByTime(6_000)
    watch.heard()
    vi.setSystemTime(Date.now() + HOUR_MS)
    vi.advanceTimersByTime(5_000 + IDLE_MS / 2)
    expect(onIdle).toHaveBeenCalledOnce()
  })

  it('is none if data arrives after a sleep, or while a hidden page delays its timers', () => {
    for (let minute = 0; minute < 10; minute += 1) {
      watch.heard()
      vi.setSystemTime(Date.now() + 60_000)
      watch.heard()
      vi.advanceTimersByTime(IDLE_MS / 2 - 1)
      watch.heard()
      vi.advanceTimersByTime(1)
    }
    expect(onIdle).not.toHaveBeenCalled()
  })
})
