import { describe, expect, it } from 'vitest'
import { readOpen, serveHub, testHub } from '../fixtures/hub-server.ts'
import { eventually } from '../fixtures/server-scope.ts'
import { memory } from '../index.ts'
import type { Engine, Page } from '../log/engine.ts'

/** An engine whose pages can be changed before the hub gets them, and the number of its reads. */
function changeable() {
  const engine = memory()
  const working = engine.read.bind(engine)
  const changing = Object.assign(engine, {
    reads: 0,
    change: (page: Page): unknown => page,
    read: async (...given: Parameters<Engine['read']>): Promise<Page> => {
      changing.reads += 1
      return changing.change(await working(...given)) as Page
    },
  })
  return changing
}

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

describe('an engine', () => {
  it.each([
    [
      'returns a page that reaches nowhere',
      (page: Page) => ({ ...page, entries: [], reached: page.head - 2 }),
    ],
    ['returns nothing', () => undefined],
    ['returns a head that is no number', (page: Page) => ({ ...page, head: Number.NaN })],
    [
      'rejects',
      () => {
        throw new Error('away')
      },
    ],
  ])('that %s is asked again after a pause, and followed once it recovers', async (_what, change) => {
    const engine = changeable()
    const errors: unknown[] = []
    const hub = testHub({ engine, onError: (error) => errors.push(error) })
    const elsewhere = testHub({ engine })
    const { origin } = await serveHub(hub)
    const reader = await readOpen(`${origin}/leads/ada`)
    await Promise.all([1, 2].map((n) => elsewhere.publish('ada', 'count', n)))
    engine.change = (page) => (page.head === 2 ? change(page) : page)
    const before = engine.reads
    await eventually(() => errors.length > 0)
    await wait(500)
    expect(engine.reads - before).toBeLessThan(12)
    expect(errors[0]).toMatchObject({ code: 'engine_failed' })
    engine.change = (page) => page
    await reader.until(({ events }) => events.length === 2)
    expect(reader.payloads).toEqual([1, 2])
  })

  it('that has lost entries in the middle of its log is reported once, and the others are delivered', async () => {
    const engine = changeable()
    const errors: unknown[] = []
    const hub = testHub({ engine, onError: (error) => errors.push(error) })
    const elsewhere = testHub({ engine })
    const { origin } = await serveHub(hub)
    const reader = await readOpen(`${origin}/leads/ada`)
    engine.change = (page) => ({
      ...page,
      entries: page.entries.filter(({ position }) => position !== 2 && position !== 3 && position !== 6),
    })
    await Promise.all([1, 2, 3, 4, 5, 6].map((n) => elsewhere.publish('ada', 'count', n)))
    await reader.until(({ events }) => events.length === 3)
    expect(reader.payloads).toEqual([1, 4, 5])
    await elsewhere.publish('ada', 'count', 7)
    await reader.until(({ events }) => events.length === 4)
    expect(errors.map(String)).toEqual([
      expect.stringContaining('the positions 2 to 3 are missing'),
      expect.stringContaining('position 6 is missing'),
    ])
    expect(hub.stats().skipped).toBe(2)
  })

  it('that wakes the hub at every read does not keep the process from anything else', async () => {
    const engine = changeable()
    let wake = () => {}
    Object.assign(engine, {
      onWake(callback: () => void) {
        wake = callback
        return () => {
          wake = () => {}
        }
      },
    })
    engine.change = (page) => {
      wake()
      return page
    }
    const hub = testHub({ engine })
    const { origin } = await serveHub(hub)
    const reader = await readOpen(`${origin}/leads/ada`)
    wake()
    await hub.publish('ada', 'count', 1)
    await reader.until(({ events }) => events.length === 1)
    await wait(10)
  })

  it('that puts a page in the wrong order is read in the right one', async () => {
    const engine = changeable()
    engine.change = (page) => ({ ...page, entries: [...page.entries].reverse() })
    const hub = testHub({ engine, ring: { maxEvents: 2 } })
    await Promise.all(Array.from({ length: 9 }, (_, n) => hub.publish('ada', 'count', n)))
    const seen: unknown[] = []
    for await (const { payload } of hub.subscribe('ada', { from: 'oldest', untilHead: true }))
      seen.push(payload)
    expect(seen).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8])
  })

  it('that answers history from another log is asked again after a pause', async () => {
    const engine = changeable()
    const errors: unknown[] = []
    const hub = testHub({ engine, ring: { maxEvents: 1 }, onError: (error) => errors.push(error) })
    const { origin } = await serveHub(hub)
    const [first] = await Promise.all(Array.from({ length: 9 }, (_, n) => hub.publish('ada', 'count', n)))
    await readOpen(`${origin}/leads/ben`)
    const working = engine.read
    let isLying = true
    engine.read = async (after, options) => {
      const page = await working(after, options)
      return options.isHistory && isLying ? { ...page, epoch: 'other' } : page
    }
    const reader = await readOpen(`${origin}/leads/ada`, first)
    await eventually(() => errors.length > 0)
    const before = engine.reads
    await wait(500)
    expect(engine.reads - before).toBeLessThan(8)
    isLying = false
    await reader.until(({ events }) => events.length === 8)
  })
})
