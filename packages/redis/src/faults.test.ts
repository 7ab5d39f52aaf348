import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as pause } from 'node:timers/promises'
import { defineStream, type } from '@sse/contract'
import { createHub } from '@sse/server'
import { lead, leads, payloads } from '@sse/test-support/entries'
import { failureOf } from '@sse/test-support/failure-of'
import { freePort } from '@sse/test-support/free-port'
import { atMost, STATE } from '@sse/test-support/read-options'
import { hasRedis, RedisServer } from '@sse/test-support/redis-server'
import { KEEP_ALL } from '@sse/test-support/retention'
import { until } from '@sse/test-support/until'
import { describe, expect, it } from 'vitest'
import { engineScope } from './fixtures/engine-scope.ts'
import { redis } from './index.ts'

const { start, open, later, laterStop } = engineScope()
const numbers = defineStream({ path: '/numbers', events: { number: type<number>() } })

describe.skipIf(!hasRedis)('faults', { timeout: 30_000 }, () => {
  it('rejects within the timeout while the server is down at the start, and works once it is up', async () => {
    const server = laterStop(new RedisServer(await freePort(), []))
    const engine = open({ url: server.url, timeoutMs: 3_000 })
    let wakes = 0
    engine.onWake(() => {
      wakes += 1
    })
    const since = performance.now()
    expect(await failureOf(() => engine.append(leads(1)))).toEqual({
      code: 'engine_unavailable',
      message: `Redis at 127.0.0.1:${server.port} cannot be reached: ECONNREFUSED`,
    })
    expect(performance.now() - since).toBeLessThan(8_000)
    await server.start()
    await until(() => engine.append(leads(1)), 'it is served')
    await until(() => wakes > 0, 'it is woken once it listens')
  })

  it('keeps every acknowledged event over kill -9 and a restart with an append-only file', async () => {
    const server = await start('--appendonly', 'yes', '--appendfsync', 'always')
    const engine = open(server)
    const other = open(server)
    const woken: number[] = []
    other.onWake(() => woken.push(performance.now()))
    await engine.append([lead(1, { idempotencyKey: 'a' }), ...leads(9, 2)])
    await server.kill()
    const duringOutage = failureOf(() => engine.append(leads(1, 11)))
    await pause(100)
    await server.start()
    await duringOutage.catch(() => {}) // stored or not: it did not wait for ever
    const { head, entries } = await until(() => engine.read(0, atMost(100)), 'it is back')
    expect(payloads(entries).slice(0, 10)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
    expect((await engine.append([lead(1, { idempotencyKey: 'a' })])).positions).toEqual([1])
    expect((await engine.append([lead('next')])).positions).toEqual([head + 1])
    const before = woken.length
    await until(() => woken.length > before || woken.length > 1, 'the other is woken after the restart')
  })

  it('reconnects after cut connections without losing or repeating an event', {
    timeout: 120_000,
  }, async () => {
    const server = await start()
    const hubs = [1, 2].map(() => later(createHub(numbers, { engine: redis(server.url), onError: () => {} })))
    const [publisher, follower] = hubs as [(typeof hubs)[0], (typeof hubs)[0]]
    const seen: number[] = []
    const from = await publisher.publish('a', 'number', 0)
    const read = async () => {
      for await (const { event, payload } of follower.subscribe('a', { after: from })) {
        seen.push(event === 'gap' ? -1 : (payload as number))
      }
    }
    read()
    // At any moment of a publish. After each cut some are published: it ends on a slow machine too.
    for (let n = 1; n <= 200; n += 1) {
      const published = until(
        () => publisher.publish('a', 'number', n, { idempotencyKey: `n${n}` }),
        'it is published',
        { timeoutMs: 60_000 },
      )
      if (n % 20 === 0) {
        await pause(Math.random() * 3)
        server.command('CLIENT', 'KILL', 'TYPE', 'normal')
      }
      await published
    }
    await until(() => seen.length >= 200, 'all are seen')
    expect(seen).toEqual(Array.from({ length: 200 }, (_, index) => index + 1))
  })

  it('rejects within the timeout while the server is stopped, and finds what it stored meanwhile', async () => {
    const server = await start()
    const engine = open({ url: server.url, timeoutMs: 1_200 })
    const follower = open(server)
    await engine.append(leads(1))
    let wakes = 0
    follower.onWake(() => {
      wakes += 1
    })
    await until(() => wakes > 0, 'it listens')
    server.signal('SIGSTOP')
    const since = performance.now()
    expect(await failureOf(() => engine.append([lead(2, { idempotencyKey: 'two' })]))).toEqual({
      code: 'engine_unavailable',
      message: expect.stringContaining('has not answered for 1200 ms'),
    })
    expect((await failureOf(() => engine.read(0, atMost(10)))).code).toBe('engine_unavailable')
    expect(performance.now() - since).toBeLessThan(8_000)
    server.signal('SIGCONT')
    const again = await until(() => engine.append([lead(2, { idempotencyKey: 'two' })]), 'it answers again')
    expect(again.positions).toEqual([2])
    expect(payloads((await engine.read(0, atMost(10))).entries)).toEqual([1, 2])
  })

  it('trims below a reader in pieces, and leaves no index and no key behind', async () => {
    const server = await start()
    const engine = open(server)
    for (let from = 1; from <= 12_000; from += 1_000) {
      await engine.append(
        Array.from({ length: 1_000 }, (_, index) =>
          lead(from + index, { channel: `c${(from + index) % 100}`, idempotencyKey: `k${from + index}` }),
        ),
      )
    }
    const keys = server.command('KEYS', '*:idempotency')
    expect(server.command('HLEN', keys)).toBe('12000')
    const trimmed = engine.trim({ ...KEEP_ALL, maxEvents: 50 })
    let after = 0
    for (let round = 0; round < 20; round += 1) {
      const page = await engine.read(after, atMost(500))
      const first = Math.max(after + 1, page.oldest)
      expect(page.entries.map(({ position }) => position)).toEqual(page.entries.map((_, i) => first + i))
      after = page.entries.at(-1)?.position ?? page.head
    }
    await trimmed
    expect(await engine.read(0, STATE)).toMatchObject({ head: 12_000, oldest: 11_951 })
    expect(server.command('HLEN', keys)).toBe('50')
    expect(server.command('KEYS', '*:channel:*').split('\n')).toHaveLength(50)
    await engine.trim({ ...KEEP_ALL, maxEvents: 0, maxAgeMs: 0 })
    expect(server.command('KEYS', '*:channel:*')).toBe('')
    expect((await engine.append(leads(1))).positions).toEqual([12_001])
  })

  it('leaves no hole when the clock is set back, and trims later', async () => {
    const server = await start()
    const engine = open(server)
    await engine.append(leads(4))
    // As if the second had been stored by a clock an hour ahead.
    const log = server.command('KEYS', '*:log')
    const [, , , ...fields] = server.command('XRANGE', log, '2', '2').split('\n')
    expect(fields.length).toBeGreaterThan(4)
    server.command(
      'EVAL',
      `local all = redis.call('XRANGE', KEYS[1], '-', '+')
       redis.call('DEL', KEYS[1])
       for i, entry in ipairs(all) do
         if i == 2 then entry[2][8] = tostring(tonumber(entry[2][8]) + 3600000) end
         redis.call('XADD', KEYS[1], entry[1], unpack(entry[2]))
       end`,
      '1',
      log,
    )
    await pause(20)
    await engine.trim({ ...KEEP_ALL, maxAgeMs: 10 })
    expect(await engine.read(0, atMost(10))).toMatchObject({ oldest: 2, head: 4, entries: { length: 3 } })
  })

  it('uses two connections whatever the number of subscribers, and one without subscribers', async () => {
    const server = await start()
    const hub = later(createHub(numbers, { engine: redis(server.url) }))
    await hub.publish('a', 'number', 1)
    const connections = () =>
      server
        .command('CLIENT', 'LIST')
        .split('\n')
        .filter((line) => !line.includes('cmd=client')).length
    expect(connections()).toBe(1)
    const stop = new AbortController()
    for (let n = 0; n < 1_000; n += 1) {
      const read = async () => {
        for await (const _ of hub.subscribe(`c${n}`, { signal: stop.signal })) break
      }
      read().catch(() => {})
    }
    await until(() => connections() === 2, 'both are open')
    await hub.publish('a', 'number', 2)
    expect(connections()).toBe(2)
    stop.abort()
    await until(() => connections() === 1, 'the one that waits is closed')
    await hub.close()
    await until(() => connections() === 0, 'both are closed')
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

  it('keeps hubs of different names on one server apart', async () => {
    const server = await start()
    const [one, two] = ['one', 'two'].map((name) => open({ url: server.url, name }))
    await one?.append(leads(3))
    await one?.commit('ada', { epoch: 'e', position: 1 })
    expect(await two?.read(0, atMost(10))).toMatchObject({ head: 0, entries: [] })
    expect((await two?.committed(['ada']))?.get('ada')).toBeUndefined()
    const numbered = open({ url: `${server.url}/3`, name: 'one' })
    expect(await numbered.read(0, atMost(10))).toMatchObject({ head: 0 })
  })
})
