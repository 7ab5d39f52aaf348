import { describe, expect, it } from 'vitest'
import { type TestHub, testHub } from '../fixtures/hub-server.ts'
import { turn } from '../fixtures/server-scope.ts'
import { memory } from '../index.ts'

const FOREVER = Number.POSITIVE_INFINITY

const publish = (hub: TestHub, from: number, to: number) =>
  Promise.all(Array.from({ length: to - from }, (_, n) => hub.publish('ada', 'count', from + n)))

/** The payloads of a loop that ends at the head. */
async function payloadsOf(hub: TestHub, options: Parameters<TestHub['subscribe']>[1] = {}) {
  const seen: unknown[] = []
  for await (const event of hub.subscribe('ada', { ...options, untilHead: true })) {
    seen.push(event.event === 'gap' ? event.payload.reason : event.payload)
  }
  return seen
}

describe('a subscription', () => {
  it('from the oldest event gets every retained event, without a gap for those that were trimmed', async () => {
    const engine = memory()
    const hub = testHub({ engine, ring: { maxEvents: 2 } })
    await publish(hub, 0, 10)
    expect(await payloadsOf(hub, { from: 'oldest' })).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
    await engine.trim({ maxEvents: 4, maxAgeMs: FOREVER, maxCommitAgeMs: FOREVER })
    expect(await payloadsOf(hub, { from: 'oldest' })).toEqual([6, 7, 8, 9])
  })

  it('with an id resumes after it, wherever it would start without', async () => {
    const hub = testHub()
    const ids = await publish(hub, 0, 5)
    expect(await payloadsOf(hub, { after: ids[2], from: 'oldest' })).toEqual([3, 4])
  })

  it('of a subscriber starts after its acknowledgement, or where it asks to without one', async () => {
    const hub = testHub()
    const ids = await publish(hub, 0, 5)
    expect(await payloadsOf(hub, { subscriber: 'new' })).toEqual([0, 1, 2, 3, 4])
    expect(await payloadsOf(hub, { subscriber: 'new', from: 'newest' })).toEqual([])
    await hub.ack('new', ids[3] as string)
    expect(await payloadsOf(hub, { subscriber: 'new', from: 'oldest' })).toEqual([4])
    await hub.forget('new')
    expect(await hub.committed('new')).toBeUndefined()
    expect(await payloadsOf(hub, { subscriber: 'new' })).toEqual([0, 1, 2, 3, 4])
  })

  it('without anything starts at the head, and from another word nowhere', async () => {
    const hub = testHub()
    await publish(hub, 0, 5)
    expect(await payloadsOf(hub)).toEqual([])
    expect(() => hub.subscribe('ada', { from: 'start' as 'oldest' })).toThrow(
      expect.objectContaining({ code: 'option_invalid' }),
    )
  })
})

describe('a loop until the head', () => {
  it('ends after the events that were stored when it started, whatever is published meanwhile', async () => {
    const hub = testHub({ ring: { maxEvents: 2 } })
    await publish(hub, 0, 600)
    const seen: unknown[] = []
    for await (const { payload } of hub.subscribe('ada', { from: 'oldest', untilHead: true })) {
      seen.push(payload)
      if (seen.length % 100 === 0) await hub.publish('ada', 'count', -1)
    }
    expect(seen).toEqual(Array.from({ length: 600 }, (_, n) => n))
    expect(hub.stats().channels).toBe(0)
  })

  it('ends at once on an empty log, and with a gap when the log it resumes on is another one', async () => {
    expect(await payloadsOf(testHub(), { from: 'oldest' })).toEqual([])
    expect(await payloadsOf(testHub(), { after: 'other-5' })).toEqual(['epoch'])
  })

  it('sees what another process has stored', async () => {
    const engine = memory()
    const [hub, elsewhere] = [testHub({ engine }), testHub({ engine })]
    const following = hub.subscribe('ada')[Symbol.asyncIterator]()
    const next = following.next()
    await turn()
    await publish(elsewhere, 0, 3) // this engine wakes no other process
    expect(await payloadsOf(hub, { from: 'oldest' })).toEqual([0, 1, 2])
    expect((await next).value?.payload).toBe(0)
    await following.return?.()
  })

  it('ends when it is left while it waits for the engine', async () => {
    const engine = memory()
    const working = engine.read.bind(engine)
    let isHeld = false
    const held = Object.assign(engine, {
      read: async (...given: Parameters<typeof working>) =>
        isHeld && given[1].isHistory ? new Promise<never>(() => {}) : working(...given),
    })
    const hub = testHub({ engine: held, ring: { maxEvents: 2 } })
    await publish(hub, 0, 10)
    isHeld = true
    const abort = new AbortController()
    const loop = hub.subscribe('ada', { from: 'oldest', signal: abort.signal })[Symbol.asyncIterator]()
    const next = loop.next()
    await turn()
    await turn()
    abort.abort()
    expect(await next).toEqual({ done: true, value: undefined })
  })
})
