import { createServer } from 'node:http'
import { defineStream, SseError, type } from '@sse/contract'
import { describe, expect, it } from 'vitest'
import { listen, stream } from '../fixtures/adapter-servers.ts'
import { read, readOpen, serveHub, type TestHub, testHub } from '../fixtures/hub-server.ts'
import { eventually, scoped } from '../fixtures/server-scope.ts'
import { memory } from '../index.ts'
import type { Engine } from '../log/engine.ts'
import { sse } from '../node/node.ts'

const FOREVER = Number.POSITIVE_INFINITY

const publish = async (hub: TestHub, channel: string, from: number, to: number) => {
  const numbers = Array.from({ length: to - from }, (_, n) => from + n)
  return Promise.all(numbers.map((n) => hub.publish(channel, 'count', n)))
}

/** Counts the reads of an engine. */
function counted(engine: Engine): Engine & { reads: number } {
  const read = engine.read.bind(engine)
  const counting = Object.assign(engine, {
    reads: 0,
    read(...given: Parameters<Engine['read']>) {
      counting.reads += 1
      return read(...given)
    },
  })
  return counting
}

describe('a resumed connection', () => {
  it('gets the events it missed, in order and once, then new ones', async () => {
    const hub = testHub()
    const { origin } = await serveHub(hub)
    const ids = await publish(hub, 'ada', 0, 10)
    const reader = await read(`${origin}/leads/ada`, ids[3])
    await publish(hub, 'ada', 10, 12)
    await reader.until(({ events }) => events.length === 8)
    expect(reader.payloads).toEqual([4, 5, 6, 7, 8, 9, 10, 11])
    expect(reader.messages[0]).toEqual({ id: ids[3], event: 'sse.open', data: '' })
  })

  it('resumes exactly even if the first connection received no event: the open event carries an id', async () => {
    const hub = testHub()
    const { origin } = await serveHub(hub)
    await publish(hub, 'ada', 0, 3)
    const first = await readOpen(`${origin}/leads/ada`)
    expect(first.events).toEqual([])
    first.close()
    await publish(hub, 'ada', 3, 5)
    const second = await read(`${origin}/leads/ada`, first.lastEventId)
    await second.until(({ events }) => events.length === 2)
    expect(second.payloads).toEqual([3, 4])
  })

  it('misses nothing when cut off before the replay: the open event carries its start position', async () => {
    const hub = testHub()
    const { origin } = await serveHub(hub)
    const ids = await publish(hub, 'ada', 0, 5)
    const reader = await readOpen(`${origin}/leads/ada`, ids[1])
    expect(reader.messages[0]?.id).toBe(ids[1])
  })

  it('resumes all of its channels from one id', async () => {
    const hub = testHub()
    const { origin } = await serveHub(hub)
    const ids: string[] = []
    for (let n = 0; n < 9; n += 1) {
      ids.push(await hub.publish(['ada', 'everyone', 'ben'][n % 3] as string, 'count', n))
    }
    const reader = await read(`${origin}/leads/ada`, ids[1])
    await reader.until(({ events }) => events.length === 4)
    expect(reader.payloads).toEqual([3, 4, 6, 7])
  })

  it('resumes a quiet channel from the id of a heartbeat', async () => {
    const hub = testHub({ retention: { maxEvents: 5 } })
    const beating = defineStream({
      ...stream,
      heartbeatMs: 20,
      events: { ...stream.events, other: type<1>() },
    })
    const handler = sse(beating, ({ lastEventId }) => hub.subscribe('ada', { after: lastEventId }))
    const { origin } = await scoped(listen(createServer(handler)))
    const reader = await readOpen(`${origin}/leads/ada`)
    const ids = await publish(hub, 'somebody else', 0, 100)
    await reader.until(({ lastEventId }) => lastEventId === ids.at(-1))
    expect((await reader.message('sse.heartbeat')).data).toBe('')
    expect(reader.events).toEqual([])
    const second = await readOpen(`${origin}/leads/ada`, reader.lastEventId)
    // On a slow machine a heartbeat may follow already; what matters is that nothing else does.
    const names = second.messages.map(({ event }) => event).filter((event) => event !== 'sse.heartbeat')
    expect(names).toEqual(['sse.open'])
  })

  it('reports a gap before anything else after a trim, with the oldest retained id, then every retained event', async () => {
    const engine = memory()
    const hub = testHub({ engine, retention: { maxEvents: 4 } })
    const { origin } = await serveHub(hub)
    const ids = await publish(hub, 'ada', 0, 10)
    await engine.trim({ maxEvents: 4, maxAgeMs: FOREVER, maxCommitAgeMs: FOREVER })
    const reader = await read(`${origin}/leads/ada`, ids[2])
    await reader.until(({ events }) => events.length === 4)
    expect(reader.payloads).toEqual([6, 7, 8, 9])
    const order = reader.messages.map(({ event }) => event)
    expect(order).toEqual(['sse.gap', 'sse.open', 'count', 'count', 'count', 'count'])
    const gap = await reader.message('sse.gap')
    expect(JSON.parse(gap.data)).toEqual({ reason: 'trimmed', since: ids[6] })
    expect(gap.id).toBe(ids[5]) // cut off here, it resumes with the retained events
    const exact = await readOpen(`${origin}/leads/ada`, ids[5])
    await exact.until(({ events }) => events.length === 4)
    expect(exact.messages.map(({ event }) => event)).not.toContain('sse.gap')
  })

  it('reports a gap for the id of another log, and continues with new events', async () => {
    const before = testHub()
    const [old] = await publish(before, 'ada', 0, 1)
    const hub = testHub()
    const { origin } = await serveHub(hub)
    const ids = await publish(hub, 'ada', 0, 3)
    const reader = await read(`${origin}/leads/ada`, old)
    await reader.message('sse.open')
    await hub.publish('ada', 'count', 3)
    await reader.until(({ events }) => events.length > 0)
    expect(reader.payloads).toEqual([3])
    expect(reader.messages[0]).toEqual({ id: ids[2], event: 'sse.gap', data: '{"reason":"epoch"}' })
  })

  it('reports a gap for an id ahead of the log', async () => {
    const hub = testHub()
    const { origin } = await serveHub(hub)
    const [id] = await publish(hub, 'ada', 0, 1)
    const reader = await read(`${origin}/leads/ada`, id?.replace(/-1$/, '-zz'))
    await reader.message('sse.open')
    expect(reader.messages[0]).toMatchObject({ id, event: 'sse.gap', data: '{"reason":"ahead"}' })
  })

  it.each([
    '',
    ' ',
    '0',
    '-1',
    'nonsense',
    'a-',
    '-',
    'a-01',
    'a-zzzzzzzzzzzz',
    'ü-1',
    '../etc/passwd',
    'a-1-2',
  ])(
    'answers the forged id %j with a gap or a new start, never with an error or other channels’ events',
    async (forged) => {
      const hub = testHub()
      const { origin } = await serveHub(hub)
      await hub.publish('secret', 'text', 'not for ada')
      const reader = await readOpen(`${origin}/leads/ada?lastEventId=${encodeURIComponent(forged)}`)
      await hub.publish('ada', 'count', 1)
      await reader.until(({ events }) => events.length > 0)
      expect(reader.payloads).toEqual([1])
      expect(reader.messages.some(({ event }) => event === 'sse.gap')).toBe(forged !== '')
    },
  )

  it('takes an id of another channel as a position, and gets no events of that channel', async () => {
    const hub = testHub()
    const { origin } = await serveHub(hub)
    const foreign = await hub.publish('ben', 'count', 1)
    await hub.publish('ben', 'count', 2)
    await hub.publish('ada', 'count', 3)
    const reader = await read(`${origin}/leads/ada`, foreign)
    await reader.until(({ events }) => events.length > 0)
    expect(reader.payloads).toEqual([3])
  })

  it('reads more than 10,000 events older than the ring from the engine', async () => {
    const engine = counted(memory())
    const hub = testHub({ engine, ring: { maxEvents: 50 } })
    const { origin } = await serveHub(hub)
    const ids = await publish(hub, 'ada', 0, 12_000)
    const reads = engine.reads
    const reader = await read(`${origin}/leads/ada`, ids[9])
    await reader.until(({ events }) => events.length === 11_990)
    expect(reader.payloads).toEqual(Array.from({ length: 11_990 }, (_, n) => n + 10))
    expect(engine.reads).toBeGreaterThan(reads)
  })

  it('reads nothing from the engine within the ring, even right after a restart', async () => {
    const engine = counted(memory())
    const before = testHub({ engine })
    const ids = await publish(before, 'ada', 0, 500)
    const hub = testHub({ engine })
    const { origin } = await serveHub(hub)
    const first = await readOpen(`${origin}/leads/ada`)
    first.close()
    const reads = engine.reads
    const readers = await Promise.all(
      Array.from({ length: 50 }, (_, n) => read(`${origin}/leads/ada`, ids[n * 9])),
    )
    for (const [n, reader] of readers.entries()) {
      await reader.until(({ events }) => events.length === 499 - n * 9)
    }
    expect(engine.reads - reads).toBeLessThan(3) // the poll
  })

  it('as a loop resumes after its id, and reports a gap', async () => {
    const hub = testHub({ retention: { maxEvents: 3 }, engine: memory({ maxBytes: 600 }) })
    const ids = await publish(hub, 'ada', 0, 10)
    const seen: unknown[] = []
    for await (const { event, payload, id, channel } of hub.subscribe('ada', { after: ids[1] })) {
      seen.push([event, event === 'gap' ? payload.reason : payload, channel])
      if (id === ids.at(-1)) break
    }
    expect(seen).toEqual([
      ['gap', 'trimmed', ''],
      ['count', 7, 'ada'],
      ['count', 8, 'ada'],
      ['count', 9, 'ada'],
    ])
  })

  it('gets the newest event of each key, in order, in channels with latestPerKey', async () => {
    const hub = testHub({ latestPerKey: (channel) => channel === 'everyone' })
    const { origin } = await serveHub(hub)
    const ids: string[] = []
    for (let n = 0; n < 9; n += 1) {
      ids.push(await hub.publish('everyone', 'count', n, { key: `price ${n % 3}` }))
      await hub.publish('ada', 'count', n + 0.5, { key: 'one' })
    }
    const reader = await read(`${origin}/leads/ada`, ids[0])
    await reader.until(({ events }) => events.length === 12)
    expect(reader.payloads.filter(Number.isInteger)).toEqual([6, 7, 8])
    expect(reader.payloads).toHaveLength(12) // the other channel has all nine
  })
})

describe('a subscription as the source of a stream', () => {
  const serve = (source: (hub: TestHub) => ReturnType<TestHub['subscribe']>) => {
    const hub = testHub()
    const handler = sse(stream, () => source(hub))
    return { hub, serving: scoped(listen(createServer(handler))) }
  }

  it('resumes from the request’s last event id by itself', async () => {
    const { hub, serving } = serve((own) => own.subscribe('ada'))
    const { origin } = await serving
    const ids = await publish(hub, 'ada', 0, 4)
    const reader = await read(`${origin}/leads/ada`, ids[1])
    await reader.until(({ events }) => events.length === 2)
    expect(reader.payloads).toEqual([2, 3])
  })

  it('starts after the id it was given instead, if any', async () => {
    let after: string | undefined
    const { hub, serving } = serve((own) => own.subscribe('ada', { after }))
    const { origin } = await serving
    const ids = await publish(hub, 'ada', 0, 4)
    after = ids[2]
    const reader = await read(`${origin}/leads/ada`, ids[0])
    await reader.until(({ events }) => events.length === 1)
    expect(reader.payloads).toEqual([3])
  })
})

describe('a durable subscriber', () => {
  it('that never acknowledged gets no gap for events trimmed before it came', async () => {
    const engine = memory()
    const hub = testHub({ engine, ring: { maxEvents: 2 } })
    const handler = sse(stream, () => hub.subscribe('ada', { subscriber: 'new' }))
    const { origin } = await scoped(listen(createServer(handler)))
    const ids = await publish(hub, 'ada', 0, 10)
    await engine.trim({ maxEvents: 4, maxAgeMs: FOREVER, maxCommitAgeMs: FOREVER })
    const reader = await read(`${origin}/leads/ada`)
    await reader.until(({ events }) => events.length === 4)
    expect(reader.payloads).toEqual([6, 7, 8, 9])
    expect(reader.messages[0]).toEqual({ id: ids[5], event: 'sse.open', data: '' })
    expect(reader.messages.map(({ event }) => event)).not.toContain('sse.gap')
    const seen: unknown[] = []
    for await (const { event, payload } of hub.subscribe('ada', { subscriber: 'newer' })) {
      if (seen.push([event, payload]) === 4) break
    }
    expect(seen).toEqual([6, 7, 8, 9].map((n) => ['count', n]))
  })

  it('resumes after its last acknowledgement on any device, or starts at the oldest event without one', async () => {
    const hub = testHub()
    const subscription = async (after?: string) => {
      const loop = hub.subscribe('ada', { subscriber: 'ada', after })[Symbol.asyncIterator]()
      const first = await loop.next()
      await loop.return?.()
      return first.value?.payload
    }
    const ids = await publish(hub, 'ada', 0, 5)
    expect(await subscription()).toBe(0)
    await hub.ack('ada', ids[2] as string)
    expect(await subscription()).toBe(3)
    expect(await subscription(ids[0])).toBe(1) // this device has its own id
    expect(await hub.committed('ada')).toBe(ids[2])
    expect(await hub.committed('ben')).toBeUndefined()
  })

  it('ignores an acknowledgement behind the last one, and rejects one that is ahead, foreign or not an id', async () => {
    const hub = testHub()
    const ids = await publish(hub, 'ada', 0, 3)
    await hub.ack('ada', ids[2] as string)
    await hub.ack('ada', ids[0] as string)
    expect(await hub.committed('ada')).toBe(ids[2])
    const ahead = ids[2]?.replace(/-3$/, '-4') as string
    for (const id of [ahead, 'other-1', 'nonsense', '', undefined as unknown as string]) {
      await expect(hub.ack('ada', id)).rejects.toMatchObject({ code: 'ack_invalid' })
    }
    expect(await hub.committed('ada')).toBe(ids[2])
    await expect(hub.ack('', ids[0] as string)).rejects.toMatchObject({ code: 'name_invalid' })
  })
})

describe('a loop over a quiet channel', () => {
  it('misses nothing, however much of other channels is trimmed while it waits', async () => {
    const hub = testHub({ engine: memory({ maxBytes: 2_000 }), ring: { maxEvents: 3 } })
    const seen: unknown[] = []
    const loop = (async () => {
      for await (const { event, payload } of hub.subscribe('ada'))
        if (seen.push([event, payload]) === 2) return
    })()
    await new Promise((resolve) => setImmediate(resolve))
    await publish(hub, 'ada', 0, 1)
    for (let round = 0; round < 10; round += 1) await publish(hub, 'ben', 0, 50)
    await publish(hub, 'ada', 1, 2)
    await loop
    expect(seen).toEqual([
      ['count', 0],
      ['count', 1],
    ])
  })
})

describe('a storm of resumes from before the ring', () => {
  it('costs one read per thousand events of history, not one per client', async () => {
    const engine = counted(memory())
    const hub = testHub({ engine, ring: { maxEvents: 10 } })
    const owners = Array.from({ length: 2_000 }, (_, n) => `owner ${n}`)
    const ids: string[] = []
    for (let round = 0; round < 10; round += 1) {
      ids.push(
        ...(await Promise.all(owners.map((owner, n) => hub.publish(owner, 'count', round * 10_000 + n)))),
      )
    }
    const reads = engine.reads
    const follow = async (owner: string, n: number) => {
      const seen: unknown[] = []
      const after = ids[n] as string
      for await (const { payload } of hub.subscribe([owner, 'everyone'], { after })) {
        seen.push(payload)
        if (seen.length === 9) return seen
      }
      return seen
    }
    const all = await Promise.all(owners.map(follow))
    for (const [n, seen] of all.entries()) {
      expect(seen).toEqual(Array.from({ length: 9 }, (_, round) => (round + 1) * 10_000 + n))
    }
    expect(engine.reads - reads).toBeLessThan(60)
  })

  it('leaves nothing behind of a client that disconnects during its replay', async () => {
    const engine = memory()
    const working = engine.read.bind(engine)
    let release = () => {}
    const slow: Engine = Object.assign(engine, {
      async read(...given: Parameters<Engine['read']>) {
        if (given[1].channels) {
          await new Promise<void>((resolve) => {
            release = resolve
          })
        }
        return working(...given)
      },
    })
    const hub = testHub({ engine: slow, ring: { maxEvents: 2 } })
    const { origin } = await serveHub(hub)
    const [first] = await publish(hub, 'ada', 0, 20)
    const reader = await readOpen(`${origin}/leads/ada`, first)
    reader.close()
    await eventually(() => hub.stats().connections === 0)
    release()
    await new Promise((resolve) => setImmediate(resolve))
    expect(hub.stats()).toMatchObject({ connections: 0, lagging: 0, channels: 0 })
  })

  it('is rejected by a process that cannot reach its engine, and gets no false gap afterwards', async () => {
    const engine = memory()
    let isAway = false
    const cut: Engine = {
      append: (entries) => engine.append(entries),
      read: (...given) =>
        isAway
          ? Promise.reject(new SseError('engine_unavailable', 'cut off', { status: 503 }))
          : engine.read(...given),
      onWake: () => () => {},
      trim: (retention) => engine.trim(retention),
      commit: (subscriber, commit) => engine.commit(subscriber, commit),
      committed: (subscribers) => engine.committed(subscribers),
      forget: (subscriber) => engine.forget(subscriber),
      close: async () => {},
    }
    const elsewhere = testHub({ engine })
    const hub = testHub({ engine: cut, onError: () => {} })
    const { origin } = await serveHub(hub)
    const [first] = await publish(elsewhere, 'ada', 0, 1)
    await readOpen(`${origin}/leads/ada`, first) // it has opened its log
    isAway = true
    const [id] = await publish(elsewhere, 'ada', 1, 3)
    const headers = { 'last-event-id': id as string }
    expect((await fetch(`${origin}/leads/ada`, { headers })).status).toBe(503)
    await expect(hub.ack('ada', id as string)).rejects.toMatchObject({ code: 'engine_unavailable' })
    isAway = false
    const reader = await read(`${origin}/leads/ada`, id)
    await reader.until(({ events }) => events.length === 1)
    expect(reader.payloads).toEqual([2])
    expect(reader.messages[0]).toEqual({ id, event: 'sse.open', data: '' })
    await hub.ack('ada', id as string)
  })
})
