import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { readOpen, serveHub, testHub } from '../fixtures/hub-server.ts'
import { eventually } from '../fixtures/server-scope.ts'
import { memory } from '../index.ts'
import type { Engine, PresenceStore } from '../log/engine.ts'

/** An engine with presence, and the names of all calls it gets. */
function recorded(hasReliableWakes: () => boolean = () => false) {
  const calls: string[] = []
  const engine = memory()
  const presence: PresenceStore = {
    enter: async () => void calls.push('enter'),
    leave: async () => void calls.push('leave'),
    touch: async () => calls.push('touch') > 0,
    present: async () => {
      calls.push('present')
      return []
    },
  }
  let listeners = 0
  const recording: Engine = {
    presence,
    get hasReliableWakes() {
      return hasReliableWakes()
    },
    append: (entries) => {
      calls.push('append')
      return engine.append(entries)
    },
    read: (...given) => {
      calls.push('read')
      return engine.read(...given)
    },
    onWake: () => {
      listeners += 1
      return () => {
        listeners -= 1
      }
    },
    trim: (retention) => {
      calls.push('trim')
      return engine.trim(retention)
    },
    commit: (...given) => {
      calls.push('commit')
      return engine.commit(...given)
    },
    committed: (subscribers) => {
      calls.push('committed')
      return engine.committed(subscribers)
    },
    forget: (subscriber) => engine.forget(subscriber),
    close: () => engine.close(),
  }
  return { engine: recording, calls, listeners: () => listeners }
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'performance'] })
})

afterEach(() => {
  vi.useRealTimers()
})

const minutes = (count: number) => vi.advanceTimersByTimeAsync(count * 60_000)

describe('a hub without readers', () => {
  it('that publishes appends, trims a little later, and does nothing else', async () => {
    const { engine, calls, listeners } = recorded()
    const hub = testHub({ engine })
    await hub.publish('ada', 'count', 1)
    await hub.publish('ada', 'count', 2)
    await minutes(10)
    expect(calls).toEqual(['append', 'append', 'trim'])
    expect(listeners()).toBe(0)
  })

  it('that publishes once and closes only appends', async () => {
    const { engine, calls } = recorded()
    const hub = testHub({ engine })
    await hub.publish('ada', 'count', 1)
    await hub.close()
    expect(calls).toEqual(['append'])
  })

  it('acknowledges and reads positions without following the log', async () => {
    const { engine, calls, listeners } = recorded()
    const hub = testHub({ engine })
    const id = await hub.publish('ada', 'count', 1)
    await hub.ack('s', id)
    expect(await hub.committed('s')).toBe(id)
    expect((await hub.getState(() => 1)).lastEventId).toBe(id)
    expect(calls).toEqual(['append', 'read', 'commit', 'committed', 'read'])
    expect(listeners()).toBe(0)
  })
})

describe('a quiet hub with a reader', () => {
  const reads = async (calls: string[], seconds: number) => {
    calls.splice(0)
    await vi.advanceTimersByTimeAsync(seconds * 1_000)
    return calls.filter((call) => call === 'read').length
  }

  it('polls every 30 seconds while wake-ups are reliable, else every second', async () => {
    let isReliable = false
    const { engine, calls } = recorded(() => isReliable)
    const { origin } = await serveHub(testHub({ engine }))
    await readOpen(`${origin}/leads/ada`)
    expect(await reads(calls, 60)).toBeGreaterThanOrEqual(59)
    isReliable = true
    expect(await reads(calls, 300)).toBeLessThanOrEqual(10)
    isReliable = false
    expect(await reads(calls, 60)).toBeGreaterThanOrEqual(59)
  })

  it('polls every second for 5 seconds after an event, and until a poll that failed has succeeded', async () => {
    const { engine, calls } = recorded(() => true)
    const failures: unknown[] = []
    const hub = testHub({ engine, onError: (error) => failures.push(error) })
    const { origin } = await serveHub(hub)
    await readOpen(`${origin}/leads/ada`)
    await minutes(1)
    await hub.publish('ada', 'count', 1)
    expect(await reads(calls, 5)).toBeGreaterThanOrEqual(4)
    await minutes(1)
    const { read } = engine
    engine.read = () => Promise.reject(new Error('away'))
    await minutes(1)
    expect(failures.length).toBeGreaterThan(20)
    engine.read = read
    expect(await reads(calls, 2)).toBeGreaterThanOrEqual(1)
  })

  it('trims after an event, and otherwise every hour within a maximum age of a day', async () => {
    const { engine, calls } = recorded(() => true)
    const retention = { maxAgeMs: 86_400_000, maxCommitAgeMs: Number.POSITIVE_INFINITY }
    const hub = testHub({ engine, retention })
    const { origin } = await serveHub(hub)
    await readOpen(`${origin}/leads/ada`)
    await minutes(1)
    calls.splice(0)
    const trims = () => calls.filter((call) => call === 'trim').length
    await minutes(59)
    expect(trims()).toBe(0)
    await minutes(2)
    expect(trims()).toBe(1)
    await hub.publish('ada', 'count', 1)
    await minutes(1)
    expect(trims()).toBe(2)
  })

  it('no longer trims once every event is too old', async () => {
    const { engine, calls } = recorded(() => true)
    const retention = { maxAgeMs: 60_000, maxCommitAgeMs: Number.POSITIVE_INFINITY }
    const hub = testHub({ engine, retention })
    const { origin } = await serveHub(hub)
    await readOpen(`${origin}/leads/ada`)
    await hub.publish('ada', 'count', 1)
    await minutes(1.5)
    expect(calls.filter((call) => call === 'trim').length).toBeGreaterThan(5)
    calls.splice(0)
    await minutes(10)
    expect(calls).not.toContain('trim')
  })

  it('renews its lease every 7 seconds, and every second while that fails', async () => {
    const { engine, calls } = recorded(() => true)
    const failures: unknown[] = []
    const hub = testHub({ engine, onError: (error) => failures.push(error) })
    const { origin } = await serveHub(hub)
    await readOpen(`${origin}/leads/ada`)
    const touches = () => calls.filter((call) => call === 'touch').length
    await minutes(1)
    expect(touches()).toBe(8)
    const { presence } = engine as { presence: PresenceStore }
    const { touch } = presence
    presence.touch = () => Promise.reject(new Error('away'))
    await vi.advanceTimersByTimeAsync(20_000)
    expect(failures.length).toBeGreaterThan(10)
    presence.touch = touch
    await vi.advanceTimersByTimeAsync(1_500)
    expect(touches()).toBe(9)
  })
})

describe('a hub whose last reader has left', () => {
  it('sends nothing to its engine a few seconds later: no poll, no lease, no trim', async () => {
    const { engine, calls, listeners } = recorded()
    const hub = testHub({ engine })
    const { origin } = await serveHub(hub)
    const reader = await readOpen(`${origin}/leads/ada`)
    const loop = hub.subscribe('ada')[Symbol.asyncIterator]()
    const next = loop.next()
    const stop = hub.onPresence('ada', () => {})
    expect(listeners()).toBe(1)
    await minutes(1)
    expect(calls.filter((call) => call === 'read').length).toBeGreaterThan(50)
    expect(calls).toEqual(expect.arrayContaining(['touch', 'present', 'trim']))
    reader.close()
    stop()
    await loop.return?.()
    await next
    await eventually(() => {
      vi.advanceTimersByTime(10)
      return hub.stats().connections === 0
    })
    await minutes(1)
    calls.splice(0)
    await minutes(60)
    expect(calls).toEqual([])
    expect(listeners()).toBe(0)
  })

  it.each([
    ['few events', 3],
    ['more events than the ring holds', 50],
  ])('loses and repeats nothing for a reader that returns after %s', async (_what, count) => {
    const { engine } = recorded()
    const [hub, elsewhere] = [testHub({ engine, ring: { maxEvents: 10 } }), testHub({ engine })]
    const { origin } = await serveHub(hub)
    const first = await readOpen(`${origin}/leads/ada`)
    const id = await hub.publish('ada', 'count', 0)
    await first.until(({ events }) => events.length === 1)
    first.close()
    await eventually(() => {
      vi.advanceTimersByTime(10)
      return hub.stats().connections === 0
    })
    await minutes(1)
    const numbers = Array.from({ length: count }, (_, n) => n + 1)
    for (const n of numbers) await elsewhere.publish('ada', 'count', n)
    const [resumed, fresh] = await Promise.all([
      readOpen(`${origin}/leads/ada`, id),
      readOpen(`${origin}/leads/ada`),
    ])
    const last = await elsewhere.publish('ada', 'count', count + 1)
    await vi.advanceTimersByTimeAsync(1_000) // the next poll
    await resumed.until(({ events }) => events.length === count + 1)
    expect(resumed.payloads).toEqual([...numbers, count + 1])
    await fresh.until(({ events }) => events.length === 1)
    expect(fresh.events.map(({ id: seen }) => seen)).toEqual([last])
    expect(hub.stats().gaps).toBe(0)
  })
})
