import { describe, expect, it } from 'vitest'
import { read, readOpen, serveHub, testHub } from '../fixtures/hub-server.ts'
import { memory } from '../index.ts'
import type { Engine } from '../log/engine.ts'

describe('publish', () => {
  it('delivers to every reader of the channel, and to no other', async () => {
    const hub = testHub()
    const { origin } = await serveHub(hub)
    const [ada, ben] = await Promise.all([readOpen(`${origin}/leads/ada`), readOpen(`${origin}/leads/ben`)])
    await hub.publish('ada', 'count', 1)
    await hub.publish('ben', 'count', 2)
    const id = await hub.publish('everyone', 'count', 3)
    for (const reader of [ada, ben]) await reader.until(({ lastEventId }) => lastEventId === id)
    expect(ada.payloads).toEqual([1, 3])
    expect(ben.payloads).toEqual([2, 3])
  })

  it('resolves with the id on the wire, and positions have no holes', async () => {
    const hub = testHub()
    const { origin } = await serveHub(hub)
    const reader = await readOpen(`${origin}/leads/ada`)
    const ids = await Promise.all(Array.from({ length: 40 }, (_, n) => hub.publish('ada', 'count', n)))
    await reader.until(({ events }) => events.length === 40)
    expect(reader.events.map(({ id }) => id)).toEqual(ids)
    const positions = ids.map((id) => Number.parseInt(id.split('-')[1] as string, 36))
    expect(positions).toEqual(positions.map((_, n) => n + 1))
  })

  it('makes one write per connection of all events of a turn, whatever their channels', async () => {
    const hub = testHub()
    let writes = 0
    const { origin } = await serveHub(hub, {}, (listener) => (req, res) => {
      listener(req, res)
      const { socket } = res
      const write = socket?.write
      if (socket && write) {
        socket.write = ((...given: Parameters<typeof write>) => {
          writes += 1
          return write.apply(socket, given)
        }) as typeof write
      }
    })
    const reader = await readOpen(`${origin}/leads/ada`)
    writes = 0
    for (let n = 0; n < 50; n += 1) {
      hub.publish(n % 2 ? 'ada' : 'everyone', 'count', n)
      for (let other = 0; other < 3; other += 1) hub.publish(`other ${other}`, 'count', n)
    }
    await reader.until(({ events }) => events.length === 50)
    expect(reader.payloads).toEqual(Array.from({ length: 50 }, (_, n) => n))
    expect(writes).toBe(1)
  })

  it('keeps the order over more channels than one batch can tell apart', async () => {
    const hub = testHub()
    const channels = Array.from({ length: 100 }, (_, n) => `channel ${n}`)
    const seen: unknown[] = []
    const loop = (async () => {
      for await (const { payload } of hub.subscribe(channels)) if (seen.push(payload) === 1_000) return
    })()
    await new Promise((resolve) => setImmediate(resolve))
    for (let n = 0; n < 1_000; n += 1) hub.publish(channels[(n * 37) % 100] as string, 'count', n)
    await loop
    expect(seen).toEqual(Array.from({ length: 1_000 }, (_, n) => n))
  })

  it('stores one event and resolves with one id for the same idempotency key', async () => {
    const hub = testHub()
    const { origin } = await serveHub(hub)
    const reader = await readOpen(`${origin}/leads/ada`)
    const ids = await Promise.all([
      hub.publish('ada', 'count', 1, { idempotencyKey: 'a' }),
      hub.publish('ada', 'count', 1, { idempotencyKey: 'a' }),
    ])
    ids.push(await hub.publish('ada', 'count', 1, { idempotencyKey: 'a' }))
    expect(new Set(ids).size).toBe(1)
    await hub.publish('ada', 'count', 2)
    await reader.until(({ events }) => events.length >= 2)
    expect(reader.payloads).toEqual([1, 2])
  })

  it('scopes idempotency keys by channel', async () => {
    const hub = testHub()
    const publish = (channel: string, n: number) => hub.publish(channel, 'count', n, { idempotencyKey: 'k' })
    const ids = [await publish('tenant a', 1), await publish('tenant b', 2), await publish('tenant a', 3)]
    expect(ids[1]).not.toBe(ids[0])
    expect(ids[2]).toBe(ids[0])
    const loop = hub.subscribe(['tenant a', 'tenant b'], { subscriber: 'all' })
    const seen: unknown[] = []
    for await (const { payload, channel } of loop) if (seen.push([channel, payload]) === 2) break
    expect(seen).toEqual([
      ['tenant a', 1],
      ['tenant b', 2],
    ])
  })

  it('splits a batch that is too large, so that one caller’s size never fails another’s publish', async () => {
    const engine = memory()
    const append = engine.append.bind(engine)
    const sizes: number[] = []
    const limited: Engine = Object.assign(engine, {
      append(entries: Parameters<Engine['append']>[0]) {
        const chars = entries.reduce((sum, { data }) => sum + data.length, 0)
        sizes.push(chars)
        return chars > 5_000_000 ? Promise.reject(new Error('too large')) : append(entries)
      },
    })
    const hub = testHub({ engine: limited })
    const large = Array.from({ length: 20 }, () => hub.publish('ada', 'text', 'x'.repeat(1_000_000)))
    const ids = await Promise.all([...large, hub.publish('ada', 'text', 'small')])
    expect(new Set(ids).size).toBe(21)
    expect(sizes.length).toBeLessThan(10)
  })

  it('rejects with a code when the engine does, delivers nothing, and works again afterwards', async () => {
    const engine = memory()
    const append = engine.append.bind(engine)
    const failing: Engine = Object.assign(engine, {
      append: (entries: Parameters<Engine['append']>[0]) =>
        entries.some(({ data }) => data === '2')
          ? Promise.reject(new Error('disk on fire'))
          : append(entries),
    })
    const hub = testHub({ engine: failing })
    const { origin } = await serveHub(hub)
    const reader = await readOpen(`${origin}/leads/ada`)
    await hub.publish('ada', 'count', 1)
    const refused = [hub.publish('ada', 'count', 2), hub.publish('ada', 'count', 3)]
    for (const publish of refused) {
      await expect(publish).rejects.toMatchObject({
        code: 'engine_failed',
        expose: false,
        cause: expect.objectContaining({ message: 'disk on fire' }),
      })
    }
    await hub.publish('ada', 'count', 4)
    await reader.until(({ events }) => events.length >= 2)
    expect(reader.payloads).toEqual([1, 4])
  })

  it.each([
    ['an unknown event', 'event_unknown', ['ada', 'nothing', 1]],
    ['a prototype’s member as event', 'event_unknown', ['ada', 'constructor', 1]],
    ['a payload that is not JSON', 'payload_invalid', ['ada', 'count', 1n]],
    ['a payload that is too large', 'payload_too_large', ['ada', 'text', 'x'.repeat(1_001)]],
    ['no channel', 'channel_invalid', [undefined, 'count', 1]],
    ['an empty channel', 'channel_invalid', ['', 'count', 1]],
    ['a long channel', 'channel_invalid', ['x'.repeat(257), 'count', 1]],
    ['a line end in a channel', 'channel_invalid', ['a\nb', 'count', 1]],
    ['a reserved channel', 'channel_invalid', ['sse.revoked', 'count', 1]],
    ['half a surrogate pair in a channel', 'channel_invalid', ['\ud800', 'count', 1]],
    ['an empty key', 'option_invalid', ['ada', 'count', 1, { key: '' }]],
    ['an idempotency key that is not text', 'option_invalid', ['ada', 'count', 1, { idempotencyKey: 7 }]],
  ])('given %s rejects with %s and stores nothing', async (_what, code, given) => {
    const hub = testHub({ maxEventBytes: 1_000 })
    const publish = hub.publish.bind(hub) as (...given: unknown[]) => Promise<string>
    await expect(publish(...given)).rejects.toMatchObject({ code })
    expect(await hub.publish('ada', 'count', 1)).toMatch(/-1$/)
  })

  it('accepts any other text as a channel, such as paths and names of object members', async () => {
    const hub = testHub()
    for (const channel of ['__proto__', 'constructor', '../..', 'Ünï 🎉', 'a'.repeat(256), 'sse', '*']) {
      const loop = hub.subscribe(channel)[Symbol.asyncIterator]()
      const next = loop.next()
      await new Promise((resolve) => setImmediate(resolve))
      const id = await hub.publish(channel, 'text', channel)
      expect((await next).value).toMatchObject({ id, channel, payload: channel })
      await loop.return?.()
    }
  })

  it('works while the hub drains, and rejects once it is closed', async () => {
    const hub = testHub()
    await hub.drain()
    await expect(hub.publish('ada', 'count', 1)).resolves.toMatch(/-1$/)
    const last = hub.publish('ada', 'count', 2)
    const closing = hub.close()
    await expect(last).resolves.toMatch(/-2$/)
    await closing
    await expect(hub.publish('ada', 'count', 3)).rejects.toMatchObject({ code: 'hub_closed' })
    expect(() => hub.subscribe('ada')).toThrow(expect.objectContaining({ code: 'hub_closed' }))
    await hub.close()
  })

  it('delivers once to a reader that connects while the event is being stored', async () => {
    const hub = testHub()
    const { origin } = await serveHub(hub)
    await hub.publish('ada', 'count', -1)
    for (let round = 0; round < 30; round += 1) {
      const [before, reader] = [hub.publish('ada', 'count', round), read(`${origin}/leads/ada`)]
      await before
      const last = await hub.publish('ada', 'count', round + 0.5)
      const { lastEventId, payloads } = await (await reader).until((r) => r.lastEventId === last)
      expect(lastEventId).toBe(last)
      expect(payloads.filter((payload) => payload === round + 0.5).length).toBeLessThanOrEqual(1)
      ;(await reader).close()
    }
  })
})

describe('close', () => {
  it('ends loops, connections and the engine, and stores pending events', async () => {
    const engine = memory()
    const hub = testHub({ engine })
    const { origin } = await serveHub(hub)
    const reader = await readOpen(`${origin}/leads/ada`)
    const seen: unknown[] = []
    const loop = (async () => {
      for await (const { payload } of hub.subscribe('ada')) seen.push(payload)
    })()
    await new Promise((resolve) => setImmediate(resolve))
    await hub.publish('ada', 'count', 1)
    await hub.close()
    await loop
    await reader.over()
    expect(seen).toEqual([1])
    await expect(engine.read(0, { limit: 1, maxBytes: 1 })).rejects.toMatchObject({
      code: 'engine_unavailable',
    })
  })

  it('waits for calls in flight, so that nothing fails because of it', async () => {
    const engine = memory()
    const trim = engine.trim.bind(engine)
    const errors: unknown[] = []
    const slow = Object.assign(engine, {
      async trim(...given: Parameters<Engine['trim']>) {
        await new Promise((resolve) => setTimeout(resolve, 30))
        return trim(...given)
      },
    })
    const hub = testHub({ engine: slow, retention: { maxEvents: 8 }, onError: (error) => errors.push(error) })
    await Promise.all(Array.from({ length: 20 }, (_, n) => hub.publish('ada', 'count', n)))
    await hub.close()
    await new Promise((resolve) => setTimeout(resolve, 50)) // it would fail now
    expect(errors).toEqual([])
  })
})
