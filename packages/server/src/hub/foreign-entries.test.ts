import { describe, expect, it } from 'vitest'
import { read, readOpen, serveHub, testHub } from '../fixtures/hub-server.ts'
import { eventually } from '../fixtures/server-scope.ts'
import { memory } from '../index.ts'
import type { Engine, NewEntry } from '../log/engine.ts'

/** Entries that another program may have written into the store, and that cannot be sent. */
const UNSENDABLE: [string, Partial<NewEntry>][] = [
  ['an empty event name', { event: '' }],
  ['a line end in the event name', { event: 'count\ndata: forged' }],
  ['a NUL in the event name', { event: 'a\0' }],
  ['half a surrogate pair in the event name', { event: '\ud800' }],
  ['the name of a control event', { event: 'sse.end' }],
  ['an event name that is not text', { event: 7 as unknown as string }],
  ['data that is not text', { data: 7 as unknown as string }],
  ['more data than a client takes', { data: `"${'x'.repeat(16_777_216)}"` }],
]

const entry = (data: number, more: Partial<NewEntry> = {}): NewEntry => ({
  channel: 'ada',
  event: 'count',
  data: String(data),
  ...more,
})

/** A hub on an engine that another program also appends to. */
function sharedHub(options: Parameters<typeof testHub>[0] = {}) {
  const errors: unknown[] = []
  const engine = memory()
  const wakes = new Set<() => void>()
  const shared: Engine = Object.assign(engine, {
    onWake(callback: () => void) {
      wakes.add(callback)
      return () => wakes.delete(callback)
    },
  })
  const hub = testHub({ ...options, engine: shared, onError: (error) => errors.push(error) })
  const append = async (...entries: NewEntry[]) => {
    await engine.append(entries)
    for (const wake of wakes) wake()
  }
  return { hub, errors, append }
}

const skipped = expect.objectContaining({ code: 'engine_failed', message: expect.stringContaining('-2 ') })

describe.each(UNSENDABLE)('an entry with %s', (_what, broken) => {
  it('is skipped in live delivery and reported once; every other entry is delivered', async () => {
    const { hub, errors, append } = sharedHub()
    const { origin } = await serveHub(hub)
    const reader = await readOpen(`${origin}/leads/ada`)
    await append(entry(1), entry(2, broken), entry(3))
    await reader.until(({ events }) => events.length === 2)
    const id = await hub.publish('ada', 'count', 4)
    await reader.until(({ lastEventId }) => lastEventId === id)
    expect(reader.payloads).toEqual([1, 3, 4])
    expect(errors).toEqual([skipped])
    expect(hub.stats()).toMatchObject({ skipped: 1, head: 4, lagging: 0 })
  })

  it('is skipped when the ring is filled at the start', async () => {
    const { hub, errors, append } = sharedHub()
    await append(entry(1), entry(2, broken), entry(3))
    const { origin } = await serveHub(hub)
    const { lastEventId } = await readOpen(`${origin}/leads/ada`)
    const first = lastEventId?.replace(/-3$/, '-0') as string
    const reader = await read(`${origin}/leads/ada`, first)
    await reader.until(({ events }) => events.length === 2)
    expect(reader.payloads).toEqual([1, 3])
    expect(errors).toEqual([skipped])
  })

  it('is skipped in history, in single reads and in a storm, and reported once', async () => {
    const { hub, errors, append } = sharedHub({ ring: { maxEvents: 0 } })
    await append(entry(1), entry(2, broken), entry(3))
    const { origin } = await serveHub(hub)
    const { lastEventId } = await readOpen(`${origin}/leads/ada`)
    const first = lastEventId?.replace(/-3$/, '-0') as string
    const readers = await Promise.all(Array.from({ length: 20 }, () => read(`${origin}/leads/ada`, first)))
    for (const reader of readers) {
      await reader.until(({ events }) => events.length === 2)
      expect(reader.payloads).toEqual([1, 3])
    }
    expect(errors).toEqual([skipped])
    expect(hub.stats().skipped).toBe(1)
  })
})

describe('an entry of another program', () => {
  it('may have JSON printed on several lines: connections and loops read the same value', async () => {
    const { hub, append } = sharedHub()
    const { origin } = await serveHub(hub)
    const reader = await readOpen(`${origin}/leads/ada`)
    const loop = hub.subscribe('ada')[Symbol.asyncIterator]()
    const next = loop.next()
    await new Promise((resolve) => setImmediate(resolve))
    await append({ channel: 'ada', event: 'text', data: '{\r\n  "a": [\n    1\n  ]\n}' })
    expect((await next).value).toMatchObject({ payload: { a: [1] } })
    await reader.until(({ events }) => events.length === 1)
    expect(reader.payloads).toEqual([{ a: [1] }])
    await loop.return?.()
  })

  it('that is not JSON is skipped by a loop and reported once', async () => {
    const { hub, errors, append } = sharedHub()
    const loops = [hub.subscribe('ada'), hub.subscribe('ada')].map((own) => own[Symbol.asyncIterator]())
    const nexts = loops.map((loop) => loop.next())
    await new Promise((resolve) => setImmediate(resolve))
    await append(entry(1, { data: 'not JSON' }), entry(2))
    for (const next of nexts) expect((await next).value).toMatchObject({ payload: 2 })
    expect(errors).toEqual([expect.objectContaining({ code: 'engine_failed' })])
    for (const loop of loops) await loop.return?.()
  })

  it('without a channel belongs to no channel', async () => {
    const { hub, errors, append } = sharedHub()
    const { origin } = await serveHub(hub)
    const reader = await readOpen(`${origin}/leads/ada`)
    await append(entry(1, { channel: '' }), entry(2))
    await reader.until(({ events }) => events.length === 1)
    await eventually(() => errors.length === 1)
    expect(reader.payloads).toEqual([2])
  })
})
