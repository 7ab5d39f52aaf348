import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as pause } from 'node:timers/promises'
import { defineStream, type } from '@sse/contract'
import { createHub } from '@sse/server'
import { lead, leads, payloads } from '@sse/test-support/entries'
import { failureOf } from '@sse/test-support/failure-of'
import { freePort } from '@sse/test-support/free-port'
import { hasNats, NatsServer } from '@sse/test-support/nats-server'
import { atMost, STATE } from '@sse/test-support/read-options'
import { KEEP_ALL } from '@sse/test-support/retention'
import { TcpProxy } from '@sse/test-support/tcp-proxy'
import { until } from '@sse/test-support/until'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { engineScope } from './fixtures/engine-scope.ts'
import { nats } from './index.ts'

const { start, open, operate, later, laterStop } = engineScope()
const numbers = defineStream({ path: '/numbers', events: { number: type<number>() } })

afterEach(() => {
  vi.useRealTimers()
})

/** Two hubs, each as in a separate process, and what a reader of the second has got; -1 for a gap. */
async function publisherAndFollower(servers: string) {
  const hubs = [1, 2].map(() => later(createHub(numbers, { engine: nats({ servers }), onError: () => {} })))
  const [publisher, follower] = hubs as [(typeof hubs)[0], (typeof hubs)[0]]
  const seen: number[] = []
  const from = await publisher.publish('a', 'number', 0)
  const read = async () => {
    for await (const { event, payload } of follower.subscribe('a', { after: from })) {
      seen.push(event === 'gap' ? -1 : (payload as number))
    }
  }
  read()
  return { publisher, follower, seen }
}

const range = (count: number) => Array.from({ length: count }, (_, index) => index + 1)

describe.skipIf(!hasNats)('faults', { timeout: 30_000 }, () => {
  it('rejects within the timeout while the server is down at the start, and works once it is up', async () => {
    const server = laterStop(new NatsServer(await freePort()))
    const engine = open({ servers: server.url, timeoutMs: 1_000 })
    let wakes = 0
    engine.onWake(() => {
      wakes += 1
    })
    const since = performance.now()
    expect(await failureOf(() => engine.append(leads(1)))).toEqual({
      code: 'engine_unavailable',
      message: `NATS at 127.0.0.1:${server.port} cannot be reached: ECONNREFUSED`,
    })
    expect(performance.now() - since).toBeLessThan(8_000)
    await server.start()
    await until(() => engine.append(leads(1)), 'it is served')
    await until(() => wakes > 0, 'it is woken once it listens')
  })

  it('keeps every acknowledged event over kill -9 and a restart', async () => {
    const server = await start()
    const engine = open(server)
    const other = open(server)
    const { epoch } = await engine.append([lead(1, { idempotencyKey: 'a' }), ...leads(9, 2)])
    await engine.commit('ada', { epoch, position: 4 })
    let wakes = 0
    other.onWake(() => {
      wakes += 1
    })
    await until(() => wakes > 0, 'it listens')
    await server.kill()
    const duringOutage = failureOf(() => engine.append(leads(1, 11)))
    await pause(100)
    await server.start()
    await duringOutage.catch(() => {}) // stored or not: it did not wait for ever
    const { head, entries } = await until(() => engine.read(0, atMost(100)), 'it is back')
    expect(payloads(entries).slice(0, 10)).toEqual(range(10))
    expect((await engine.append([lead(1, { idempotencyKey: 'a' })])).positions).toEqual([1])
    expect((await engine.append([lead('next')])).positions).toEqual([head + 1])
    expect((await engine.committed(['ada'])).get('ada')).toEqual({ epoch, position: 4 })
    const before = wakes
    await until(() => wakes > before || wakes > 1, 'the other is woken after the restart')
  })

  it('reconnects after cut connections without losing or repeating an event', async () => {
    const server = await start()
    const proxy = laterStop(await TcpProxy.open(server.port))
    const { publisher, seen } = await publisherAndFollower(`nats://127.0.0.1:${proxy.port}`)
    const cutting = setInterval(() => proxy.cut(), 150)
    for (const n of range(60)) {
      await until(() => publisher.publish('a', 'number', n, { idempotencyKey: `n${n}` }), 'it is published')
      await pause(10)
    }
    clearInterval(cutting)
    await until(() => seen.length >= 60, 'all are seen')
    expect(seen).toEqual(range(60))
  })

  it('rejects within the timeout while the server is stopped, and finds what it stored meanwhile', async () => {
    const server = await start()
    const engine = open({ servers: server.url, timeoutMs: 1_200 })
    await engine.append(leads(1))
    const { publisher, seen } = await publisherAndFollower(server.url)
    await publisher.publish('a', 'number', 1)
    await until(() => seen.length === 1, 'it follows')
    server.signal('SIGSTOP')
    const since = performance.now()
    expect(await failureOf(() => engine.append([lead(2, { idempotencyKey: 'two' })]))).toEqual({
      code: 'engine_unavailable',
      message: expect.stringContaining('has not answered within 1200 ms'),
    })
    expect((await failureOf(() => engine.read(0, atMost(10)))).code).toBe('engine_unavailable')
    expect(performance.now() - since).toBeLessThan(8_000)
    server.signal('SIGCONT')
    const again = await until(() => engine.append([lead(2, { idempotencyKey: 'two' })]), 'it answers again')
    const { entries } = await engine.read(0, atMost(10, ['leads']))
    expect([payloads(entries), again.positions]).toEqual([[1, 2], [entries[1]?.position]])
    await until(() => publisher.publish('a', 'number', 2), 'the hub publishes again')
    await until(() => seen.length === 2, 'its reader has stayed')
    expect(seen).toEqual([1, 2])
  })

  it('stores an event once when its acknowledgement is lost and it is published again with its key', async () => {
    const server = await start()
    const proxy = laterStop(await TcpProxy.open(server.port))
    const engine = open({ servers: `nats://127.0.0.1:${proxy.port}`, timeoutMs: 1_200 })
    await engine.append(leads(1))
    proxy.isMuted = true
    const batch = [lead(2, { idempotencyKey: 'two' }), lead(3, { idempotencyKey: 'three' })]
    expect((await failureOf(() => engine.append(batch))).code).toBe('engine_unavailable')
    await until(async () => (await open(server).read(0, STATE)).head === 3, 'it was stored all the same')
    proxy.isMuted = false
    proxy.cut()
    expect((await until(() => engine.append(batch), 'it is back')).positions).toEqual([2, 3])
    expect(payloads((await engine.read(0, atMost(10))).entries)).toEqual([1, 2, 3])
  })

  it('gives up a connection on which the server is silent, and delivers what was stored meanwhile', async () => {
    const server = await start()
    const proxy = laterStop(await TcpProxy.open(server.port))
    const { follower, seen } = await publisherAndFollower(`nats://127.0.0.1:${proxy.port}`)
    await until(() => follower.stats().head > 0, 'it follows')
    await until(() => proxy.connections === 2, 'both are connected')
    const { opened } = proxy
    proxy.isMuted = true
    await until(() => proxy.opened > opened, 'the follower connects again')
    proxy.isMuted = false
    proxy.cut()
    const elsewhere = later(createHub(numbers, { engine: nats({ servers: server.url }), onError: () => {} }))
    await elsewhere.publish('a', 'number', 1)
    await until(() => seen.length === 1, 'it is seen')
    expect(seen).toEqual([1])
  })

  it('creates a deleted consumer again, and delivers what was stored meanwhile', async () => {
    const server = await start()
    const { publisher, seen } = await publisherAndFollower(server.url)
    const operator = await operate(server)
    const consumers = async () =>
      (await operator.consumers.list('sse-log-hub').next()).map(({ name }) => name)
    await until(async () => (await consumers()).length === 1, 'it follows')
    const before = await consumers()
    for (const name of before) await operator.consumers.delete('sse-log-hub', name)
    for (const n of range(20)) await publisher.publish('a', 'number', n)
    await until(() => seen.length >= 20, 'all are seen')
    expect(seen).toEqual(range(20))
    await until(async () => (await consumers()).length === 1, 'it has another consumer')
    expect((await consumers()).some((name) => before.includes(name))).toBe(false)
  })

  it('lets readers continue from what is left after a trim, and reports the gap', async () => {
    const server = await start()
    const engine = open(server)
    for (let from = 1; from <= 12_000; from += 1_000) {
      await engine.append(
        Array.from({ length: 1_000 }, (_, index) =>
          lead(from + index, { channel: `c${(from + index) % 10}` }),
        ),
      )
    }
    let isTrimmed = false
    const trimming = async () => {
      for (const maxEvents of [9_000, 6_000, 3_000, 50]) {
        await engine.trim({ ...KEEP_ALL, maxEvents })
      }
      isTrimmed = true
    }
    const follow = async (step: number, channels?: string[]) => {
      let after = 0
      let told = 0
      for (;;) {
        const page = await engine.read(after, atMost(200, channels))
        told = page.oldest
        const first = Math.max(after + 1, page.oldest)
        const expected = range(12_000)
          .filter((n) => n >= first && (step === 1 || n % step === 3))
          .slice(0, 200)
        expect(page.entries.map(({ position }) => position)).toEqual(expected)
        after = page.entries.at(-1)?.position ?? page.head
        if (page.entries.length < 200 && isTrimmed) return told
      }
    }
    const readers = await Promise.all([trimming(), follow(1), follow(10, ['c3'])])
    expect(readers.slice(1).every((oldest) => (oldest as number) > 1)).toBe(true)
    expect(await engine.read(0, STATE)).toMatchObject({ head: 12_000, oldest: 11_951 })
    expect((await engine.append(leads(1))).positions).toEqual([12_001])
  })

  it("trims by the server's clock, and sees members by it, when the clock of the process is a day ahead", async () => {
    const server = await start()
    const engine = open(server)
    await engine.append(leads(5))
    await engine.presence.enter('p', [{ channel: 'a', identity: 'ada' }], 60_000)
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 86_400_000 })
    const ahead = open(server)
    await ahead.trim({ ...KEEP_ALL, maxAgeMs: 3_600_000 })
    expect(await ahead.read(0, STATE)).toMatchObject({ oldest: 1, head: 5 })
    expect(await ahead.presence.present('a')).toEqual(['ada'])
    vi.setSystemTime(Date.now() - 2 * 86_400_000)
    await pause(20)
    await open(server).trim({ ...KEEP_ALL, maxAgeMs: 10 })
    expect(await engine.read(0, STATE)).toMatchObject({ oldest: 6, head: 5 })
  })

  it('uses one connection and one consumer whatever the number of subscribers', async () => {
    const server = await start()
    const proxy = laterStop(await TcpProxy.open(server.port))
    const operator = await operate(server)
    const hub = later(createHub(numbers, { engine: nats(`nats://127.0.0.1:${proxy.port}`) }))
    await hub.publish('a', 'number', 1)
    const consumers = async () => (await operator.streams.info('sse-log-hub')).state.consumer_count
    expect(await consumers()).toBe(0)
    const stop = new AbortController()
    for (let n = 0; n < 1_000; n += 1) {
      const read = async () => {
        for await (const _ of hub.subscribe(`c${n}`, { signal: stop.signal, subscriber: `s${n}` })) break
      }
      read().catch(() => {})
    }
    await until(async () => (await consumers()) === 1, 'it follows')
    await hub.publish('a', 'number', 2)
    expect([proxy.connections, await consumers()]).toEqual([1, 1])
    stop.abort()
    await until(async () => (await consumers()) === 0, 'it follows no longer')
    await hub.close()
    await until(() => proxy.connections === 0, 'it is closed')
  })

  it('lets the process exit after close, even while the server is away', async () => {
    const server = await start()
    for (const port of [server.port, await freePort()]) {
      const child = spawn(
        process.execPath,
        [
          '--conditions=@sse/source',
          new URL('fixtures/closing-process.ts', import.meta.url).pathname,
          String(port),
          // A busy machine needs its time to connect; the other has to wait for it.
          port === server.port ? '20000' : '1000',
        ],
        { stdio: ['ignore', 'pipe', 'inherit'] },
      )
      const [[output], [code]] = await Promise.all([once(child.stdout, 'data'), once(child, 'exit')])
      expect([String(output).trim(), code]).toEqual([
        port === server.port ? 'stored' : 'engine_unavailable',
        0,
      ])
    }
  })

  it('creates streams that were deleted under an open connection again', async () => {
    const server = await start()
    const engine = open(server)
    await engine.append(leads(1))
    await engine.commit('eve', { epoch: 'e', position: 1 })
    const operator = await operate(server)
    for (const name of ['log', 'commits', 'presence']) await operator.streams.delete(`sse-${name}-hub`)
    await engine.presence.enter('p', [{ channel: 'a', identity: 'ada' }], 10_000)
    expect(await engine.presence.present('a')).toEqual(['ada'])
    await engine.commit('ada', { epoch: 'e', position: 1 })
    expect((await engine.committed(['ada'])).get('ada')).toEqual({ epoch: 'e', position: 1 })
    expect((await engine.append(leads(1))).positions).toEqual([1])
  })

  it('enters its members again after a restart of the server', async () => {
    const server = await start()
    const engine = open(server)
    await engine.presence.enter('p', [{ channel: 'a', identity: 'ada' }], 10_000)
    await server.kill()
    await server.start()
    expect(await until(async () => (await engine.presence.touch('p', 10_000)) === false, 'it says so')).toBe(
      true,
    )
    await engine.presence.enter('p', [{ channel: 'a', identity: 'ada' }], 10_000)
    expect(await engine.presence.present('a')).toEqual(['ada'])
  })

  it('keeps hubs of different names on one server apart', async () => {
    const server = await start()
    const [one, two] = ['one', 'two'].map((name) => open({ servers: server.url, name }))
    await one?.append(leads(3))
    await one?.commit('ada', { epoch: 'e', position: 1 })
    expect(await two?.read(0, atMost(10))).toMatchObject({ head: 0, entries: [] })
    expect((await two?.committed(['ada']))?.get('ada')).toBeUndefined()
  })
})
