import { describe, expect, it, onTestFinished, vi } from 'vitest'
import type { EventMeta } from '../feed/feed.ts'
import { recentEvents } from './recent-events.ts'

function source() {
  const listeners = new Set<(payload: number, meta: EventMeta) => void>()
  return {
    listeners,
    listen: (listener: (payload: number, meta: EventMeta) => void) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    send: (n: number) => {
      for (const listener of listeners) listener(n, { event: 'n', id: `${n}` })
    },
  }
}

describe('recent events', () => {
  it('change once for many events, oldest first, up to the limit', async () => {
    const { listen, send } = source()
    const recent = recentEvents(listen, 3)
    const onChange = vi.fn()
    recent.subscribe(onChange)
    for (let n = 0; n < 1_000; n += 1) send(n)
    expect(recent.get()).toEqual([])
    await vi.waitUntil(() => onChange.mock.calls.length > 0)
    expect(recent.get()).toEqual([997, 998, 999].map((n) => ({ event: 'n', id: `${n}`, payload: n })))
    expect(recent.get()).toBe(recent.get())
    expect(onChange).toHaveBeenCalledTimes(1)
  })

  it('listen once for all subscribers, stop after the last one, and keep their events for the next', async () => {
    const { listen, send, listeners } = source()
    const recent = recentEvents(listen, 3)
    const onChange = vi.fn()
    const stops = [recent.subscribe(onChange), recent.subscribe(onChange)]
    expect(listeners.size).toBe(1)
    send(1)
    await vi.waitUntil(() => onChange.mock.calls.length === 2)
    for (const stop of stops) stop()
    expect(listeners.size).toBe(0)
    recent.subscribe(onChange)
    expect(recent.get()).toMatchObject([{ payload: 1 }])
  })

  it('of several stores change in one turn, also if a subscriber of one throws', async () => {
    const { listen, send } = source()
    const reported = vi.spyOn(console, 'error').mockReturnValue()
    vi.stubGlobal('reportError', undefined)
    onTestFinished(() => void vi.unstubAllGlobals())
    let turns = 0
    const changedIn: number[] = []
    const failure = new Error('of a subscriber')
    recentEvents(listen, 1).subscribe(() => {
      changedIn.push(turns)
      queueMicrotask(() => {
        turns += 1
      })
      throw failure
    })
    recentEvents(listen, 1).subscribe(() => changedIn.push(turns))
    send(1)
    await vi.waitUntil(() => changedIn.length === 2)
    expect(changedIn).toEqual([0, 0])
    expect(reported).toHaveBeenCalledWith(failure)
  })
  it('do not change for a subscriber that another one has stopped in the same turn', async () => {
    const { listen, send } = source()
    const changed: string[] = []
    const [first, second, last] = [1, 2, 3].map(() => recentEvents(listen, 1))
    first?.subscribe(() => {
      changed.push('first')
      stop?.()
    })
    const stop = second?.subscribe(() => changed.push('second'))
    last?.subscribe(() => changed.push('last'))
    send(1)
    await vi.waitUntil(() => changed.includes('last'))
    expect(changed).toEqual(['first', 'last'])
  })
})
