import { describe, expect, it } from 'vitest'
import { read, readOpen, serveHub, testHub } from '../fixtures/hub-server.ts'
import { memory } from '../index.ts'
import type { Engine } from '../log/engine.ts'

describe('publish', () => {
  it('reaches everyone who follows the channel, and nobody else', async () => {
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

  it('resolves with the id that the event has on the wire, one after the other without holes', async () => {
    const hub = testHub()
    const { origin } = await serveHub(hub)
    const reader = await readOpen(`${origin}/leads/ada`)
    const ids = await Promise.all(Array.from({ length: 40 }, (_, n) => hub.publish('ada', 'count', n)))
    await reader.until(({ events }) => events.length === 40)
    expect(reader.events.map(({ id }) => id)).toEqual(ids)
    const positions = ids.map((id) => Number.parseInt(id.split('-')[1] as string, 36))
    expect(positions).toEqual(positions.map((_, n) => n + 1))
  })

  it('of one turn is one write to each connection, whatever the channels', async () => {
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

  it('keeps the order over more channels than a batch can tell apart', async () => {
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

  it('with an idempotency key twice stores one event and gives one id', async () => {
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

  it('that the engine refuses rejects with a code, shows nothing to anybody, and the next one goes on', async () => {
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
    ['a payload that is no JSON', 'payload_invalid', ['ada', 'count', 1n]],
    ['a payload that is too large', 'payload_too_large', ['ada', 'text', 'x'.repeat(1_001)]],
    ['no channel', 'channel_invalid', [undefined, 'count', 1]],
    ['an empty channel', 'channel_invalid', ['', 'count', 1]],
    ['a long channel', 'channel_invalid', ['x'.repeat(257), 'count', 1]],
    ['a line end in a channel', 'channel_invalid', ['a\nb', 'count', 1]],
    ['half a surrogate pair in a channel', 'channel_invalid', ['\ud800', 'count', 1]],
    ['an empty key', 'option_invalid', ['ada', 'count', 1, { key: '' }]],
    ['an idempotency key that is no text', 'option_invalid', ['ada', 'count', 1, { idempotencyKey: 7 }]],
  ])('with %s rejects with %s, and stores nothing', async (_what, code, given) => {
    const hub = testHub({ maxEventBytes: 1_000 })
    const publish = hub.publish.bind(hub) as (...given: unknown[]) => Promise<string>
    await expect(publish(...given)).rejects.toMatchObject({ code })
    expect(await hub.publish('ada', 'count', 1)).toMatch(/-1$/)
  })

  it('takes any other channel: names are text, not paths or members', async () => {
    const hub = testHub()
    for (const channel of ['__proto__', 'constructor', '../..', 'Ünï 🎉', 'a'.repeat(256), 'sse.open', '*']) {
      const loop = hub.subscribe(channel)[Symbol.asyncIterator]()
      const next = loop.next()
      await new Promise((resolve) => setImmediate(resolve))
      const id = await hub.publish(channel, 'text', channel)
      expect((await next).value).toMatchObject({ id, channel, payload: channel })
      await loop.return?.()
    }
  })

  it('goes on while the hub drains, and is refused when it is closed', async () => {
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

  it('reaches a reader that connects while the event is on its way, once', async () => {
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
  it('ends loops, connections and the engine, and what was published is stored', async () => {
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
    await expect(engine.read(0, 1)).rejects.toMatchObject({ code: 'engine_unavailable' })
  })

  it('waits for what is under way in the background: nothing fails for being closed', async () => {
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
