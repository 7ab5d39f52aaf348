import { describe, expect, it } from 'vitest'
import { readOpen, serveHub, type TestHub, testHub } from '../fixtures/hub-server.ts'
import { eventually, stalledReader } from '../fixtures/server-scope.ts'
import { memory } from '../index.ts'
import type { Engine } from '../log/engine.ts'
import { openSubscription } from '../stream/open-subscription.ts'

const KILOBYTE = 'x'.repeat(1_000)

describe('a slow reader', () => {
  it('costs no memory or work while it reads nothing, and gets every missed event in order afterwards', async () => {
    const hub = testHub({ retention: { maxEvents: 100_000 }, ring: { maxEvents: 1_000 } })
    const server = await serveHub(hub)
    const socket = stalledReader(server).setEncoding('latin1')
    await eventually(() => hub.stats().connections === 1)
    let published = 0
    while (hub.stats().lagging === 0) {
      await Promise.all(
        Array.from({ length: 100 }, () => hub.publish('1', 'text', `${published++} ${KILOBYTE}`)),
      )
    }
    const bytes = hub.stats().deliveredBytes
    for (let round = 0; round < 20; round += 1) {
      await Promise.all(
        Array.from({ length: 100 }, () => hub.publish('1', 'text', `${published++} ${KILOBYTE}`)),
      )
    }
    expect(hub.stats().deliveredBytes).toBe(bytes)
    const seen: number[] = []
    let rest = ''
    socket.on('data', (chunk) => {
      rest += chunk
      const lines = rest.split('\n')
      rest = lines.pop() as string
      for (const line of lines) {
        const [, n] = /data: "(\d+) /.exec(line) ?? []
        if (n !== undefined) seen.push(Number(n))
      }
    })
    socket.resume()
    await eventually(() => seen.length === published)
    expect(seen).toEqual(Array.from({ length: published }, (_, n) => n))
    expect(hub.stats()).toMatchObject({ lagging: 0, gaps: 0 })
    expect(hub.stats().catchUps).toBeGreaterThan(0)
  })

  it('that falls behind the retained history gets a gap, then every retained event', async () => {
    const hub = testHub({ engine: memory({ maxBytes: 1_000_000 }), ring: { maxEvents: 10 } })
    const server = await serveHub(hub)
    const socket = stalledReader(server).setEncoding('latin1')
    await eventually(() => hub.stats().connections === 1)
    let published = 0
    for (let round = 0; round < 100 || hub.stats().lagging === 0; round += 1) {
      await Promise.all(
        Array.from({ length: 100 }, () => hub.publish('1', 'text', `${published++} ${KILOBYTE}`)),
      )
    }
    let text = ''
    socket.on('data', (chunk) => {
      text += chunk
    })
    socket.resume()
    await eventually(() => text.includes(`"${published - 1} x`))
    const numbers = [...text.matchAll(/data: "(\d+) /g)].map(([, n]) => Number(n))
    const jump = numbers.findIndex((n, at) => at > 0 && n !== (numbers[at - 1] as number) + 1)
    const before = text.indexOf(`"${numbers[jump - 1]} x`)
    const after = text.indexOf(`"${numbers[jump]} x`)
    expect(text.slice(before, after)).toMatch(/event: sse\.gap\r?\n.*"trimmed"/s)
    expect(text.match(/sse\.gap/g)).toHaveLength(1)
    expect(numbers.slice(jump)).toEqual(numbers.slice(jump).map((_, n) => (numbers[jump] as number) + n))
  })

  it('is cut off after stallTimeoutMs without progress, but not while it reads slowly', async () => {
    const hub = testHub()
    const server = await serveHub(hub, { stallTimeoutMs: 300 })
    const stalled = stalledReader(server)
    const slow = stalledReader(server)
    const drip = setInterval(() => slow.read(), 20)
    await eventually(() => hub.stats().connections === 2)
    while (hub.stats().lagging < 1) {
      await Promise.all(Array.from({ length: 100 }, () => hub.publish('1', 'text', KILOBYTE)))
    }
    await eventually(() => hub.stats().connections === 1)
    const isCut = new Promise((resolve) => stalled.on('close', resolve).on('error', () => {}))
    stalled.resume()
    await isCut
    expect(slow.destroyed).toBe(false)
    clearInterval(drip)
  })

  it.each([
    ['revoked', (hub: TestHub) => void hub.revoke('1')],
    ['drained', (hub: TestHub) => void hub.drain({ graceMs: 60_000 })],
  ])('is cut off after stallTimeoutMs when it was %s and takes no more bytes', async (_, close) => {
    const hub = testHub()
    const server = await serveHub(hub, { stallTimeoutMs: 200 })
    stalledReader(server).on('error', () => {})
    await eventually(() => hub.stats().connections === 1)
    while (hub.stats().lagging < 1) {
      await Promise.all(Array.from({ length: 100 }, () => hub.publish('1', 'text', KILOBYTE)))
    }
    close(hub)
    expect(hub.stats().connections).toBe(1)
    await eventually(() => hub.stats().connections === 0)
  })

  it('waits for an engine that fails, and gets every event once it recovers', async () => {
    const errors: unknown[] = []
    const engine = memory()
    const working = engine.read.bind(engine)
    let isBroken = false
    const flaky: Engine = Object.assign(engine, {
      read: (...given: Parameters<Engine['read']>) =>
        isBroken ? Promise.reject(new Error('away')) : working(...given),
    })
    const hub = testHub({ engine: flaky, ring: { maxEvents: 2 }, onError: (error) => errors.push(error) })
    const { origin } = await serveHub(hub)
    await readOpen(`${origin}/leads/ben`) // the log is followed
    const [first] = await Promise.all(Array.from({ length: 20 }, (_, n) => hub.publish('ada', 'count', n)))
    isBroken = true
    const reader = await readOpen(`${origin}/leads/ada`, first)
    await eventually(() => errors.length > 0)
    expect(errors[0]).toMatchObject({ code: 'engine_failed' })
    isBroken = false
    await reader.until(({ events }) => events.length === 19)
    expect(reader.payloads).toEqual(Array.from({ length: 19 }, (_, n) => n + 1))
  })

  it('gets 503 while the engine is unavailable at the start, and is served once it recovers', async () => {
    const engine = memory()
    const working = engine.read.bind(engine)
    let isBroken = true
    const flaky: Engine = Object.assign(engine, {
      read: (...given: Parameters<Engine['read']>) =>
        isBroken ? Promise.reject(new Error('away')) : working(...given),
    })
    const hub = testHub({ engine: flaky })
    const { origin } = await serveHub(hub, { onError: () => {} })
    const refused = await fetch(`${origin}/leads/ada`)
    expect(refused.status).toBe(503)
    expect(await refused.json()).toEqual({ code: 'internal', message: 'Internal error' })
    isBroken = false
    await readOpen(`${origin}/leads/ada`)
    expect(hub.stats().connections).toBe(1)
  })

  it('behind the ring holds one batch at most, and many at the same position cost one read', async () => {
    const engine = memory({ maxBytes: Number.POSITIVE_INFINITY })
    const working = engine.read.bind(engine)
    let reads = 0
    const counted = Object.assign(engine, {
      read: (...given: Parameters<Engine['read']>) => {
        if (given[1].isHistory) reads += 1
        return working(...given)
      },
    })
    const hub = testHub({ engine: counted, ring: { maxEvents: 10 } })
    const content = 'x'.repeat(20_000)
    const ids = await Promise.all(
      Array.from({ length: 200 }, (_, n) => hub.publish('a', 'text', `${n} ${content}`)),
    )
    const clients = Array.from({ length: 40 }, () => {
      const seen: number[] = []
      let bytes = 0
      let hasRoom = false
      const write = (frames: string) => {
        bytes += frames.length
        for (const [, n] of frames.matchAll(/data: "(\d+) /g)) seen.push(Number(n))
        return hasRoom || frames.includes('sse.open')
      }
      const opened = openSubscription(hub.subscribe('a'), { lastEventId: ids[0], sink: { write, end() {} } })
      const resume = () => {
        hasRoom = true
        opened.drained()
      }
      return { opened, seen, held: () => bytes, resume }
    })
    await eventually(() => clients.every(({ held }) => held() > 1_000))
    expect(reads).toBe(1)
    for (const { held } of clients) expect(held()).toBeLessThan(262_144 + 25_000)
    for (const { resume } of clients) resume()
    await eventually(() => clients.every(({ seen }) => seen.length === 199))
    for (const { seen } of clients) expect(seen).toEqual(Array.from({ length: 199 }, (_, n) => n + 1))
    expect(reads).toBeLessThan(40)
    for (const { opened } of clients) opened.close()
  })

  it('that leaves while its history waits to be read is not read for', async () => {
    const engine = memory()
    const working = engine.read.bind(engine)
    const held: (() => void)[] = []
    let isHeld = true
    const slow = Object.assign(engine, {
      read: async (...given: Parameters<Engine['read']>) => {
        if (given[1].isHistory && isHeld) await new Promise<void>((resolve) => held.push(resolve))
        return working(...given)
      },
    })
    const hub = testHub({ engine: slow, ring: { maxEvents: 1 } })
    const ids = await Promise.all(Array.from({ length: 20 }, (_, n) => hub.publish('a', 'count', n)))
    const sink = { write: () => true, end() {} }
    const open = (n: number) => openSubscription(hub.subscribe('a'), { lastEventId: ids[n], sink })
    const clients = Array.from({ length: 8 }, (_, n) => open(n))
    await Promise.all(clients.map(({ opened }) => opened))
    await eventually(() => held.length === 2)
    for (const { close } of clients) close()
    isHeld = false
    for (const answer of held) answer()
    const last = open(10)
    await eventually(() => hub.stats().connections === 1 && hub.stats().lagging === 0)
    expect(held).toHaveLength(2)
    last.close()
  })
})
