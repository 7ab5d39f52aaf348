import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { lead, leads } from '@sse/test-support/entries'
import { failureOf } from '@sse/test-support/failure-of'
import { hasNats } from '@sse/test-support/nats-server'
import { atMost } from '@sse/test-support/read-options'
import { TcpProxy } from '@sse/test-support/tcp-proxy'
import { until } from '@sse/test-support/until'
import { describe, expect, it, onTestFinished } from 'vitest'
import { engineScope } from './fixtures/engine-scope.ts'
import type { NatsEngine } from './index.ts'

const { start, open, laterStop } = engineScope()
const readHistory = (engine: NatsEngine, more = {}) =>
  engine.read(0, { ...atMost(1_000), isHistory: true, ...more })

/** A proxy that counts what the server sends, and forwards nothing of it to the connections a test has stalled. */
async function startStallingProxy(target: number) {
  const sockets: Socket[] = []
  const stalled = new Set<Socket>()
  const counted = { bytes: 0 }
  const proxy = createServer((client) => {
    sockets.push(client)
    const server = connect(target, '127.0.0.1')
    client.on('data', (bytes) => server.write(bytes))
    server.on('data', (bytes) => {
      counted.bytes += bytes.length
      if (!stalled.has(client)) client.write(bytes)
    })
    for (const socket of [client, server]) {
      socket.on('error', () => {})
      socket.on('close', () => {
        client.destroy()
        server.destroy()
      })
    }
  })
  proxy.listen(0, '127.0.0.1')
  await once(proxy, 'listening')
  onTestFinished(() => {
    proxy.close()
  })
  return { servers: `nats://127.0.0.1:${(proxy.address() as AddressInfo).port}`, sockets, stalled, counted }
}

describe.skipIf(!hasNats)('history', { timeout: 60_000 }, () => {
  it('is read on a separate connection, which opens at the first such read', async () => {
    const server = await start()
    const proxy = laterStop(await TcpProxy.open(server.port))
    const engine = open({ servers: `nats://127.0.0.1:${proxy.port}` })
    await engine.append(leads(3))
    await engine.read(0, atMost(10))
    expect(proxy.connections).toBe(1)
    expect((await readHistory(engine)).entries).toHaveLength(3)
    await Promise.all(Array.from({ length: 20 }, () => readHistory(engine)))
    expect(proxy.connections).toBe(2)
    await engine.close()
    await until(() => proxy.connections === 0, 'both are closed')
  })

  it('whose replies never arrive delays no append and no read of new events, and is read again afterwards', async () => {
    const server = await start()
    const { servers, sockets, stalled } = await startStallingProxy(server.port)
    const engine = open({ servers, timeoutMs: 2_000 })
    await engine.append(leads(3))
    await readHistory(engine)
    stalled.add(sockets[1] as Socket)
    const reads = Promise.all([1, 2, 3].map(() => failureOf(() => readHistory(engine))))
    for (let n = 4; n <= 50; n += 1) {
      await engine.append([lead(n)])
      expect((await engine.read(n - 1, atMost(10))).entries).toHaveLength(1)
    }
    for (const { code } of await reads) expect(code).toBe('engine_unavailable')
    stalled.clear()
    expect((await until(() => readHistory(engine), 'it is read again')).entries).toHaveLength(50)
  })

  it('of large entries costs a few entries more than a page returns', async () => {
    const server = await start()
    const { servers, counted } = await startStallingProxy(server.port)
    const engine = open({ servers })
    const large = 'x'.repeat(900_000)
    for (let n = 0; n < 30; n += 1) await engine.append([lead(n), lead(large, { channel: 'large' })])
    await readHistory(engine, { limit: 1 })
    for (const channels of [undefined, ['large'], ['large', 'leads']]) {
      const before = counted.bytes
      const page = await readHistory(engine, { maxBytes: 1_000_000, ...(channels && { channels }) })
      expect(page.entries.filter(({ channel }) => channel === 'large')).toHaveLength(2)
      expect(counted.bytes - before).toBeLessThan(20_000_000)
    }
  })
})

describe.skipIf(!hasNats)('an append', { timeout: 60_000 }, () => {
  it('of more than a connection takes at once is sent in parts, in order', async () => {
    const engine = open(await start())
    const entries = Array.from({ length: 40 }, (_, n) => lead(`${n} `.padEnd(1_000_000, 'x')))
    const { positions } = await engine.append(entries)
    expect(positions).toEqual(entries.map((_, n) => n + 1))
    const page = await engine.read(30, atMost(100))
    expect(page.entries.map(({ data }) => data)).toEqual(entries.slice(30).map(({ data }) => data))
  })

  it('is the first thing a process needs: one connection, and nothing of the log is read', async () => {
    const server = await start()
    await open(server).append(Array.from({ length: 100 }, (_, n) => lead(`${n} `.padEnd(10_000, 'x'))))
    const { servers, sockets, counted } = await startStallingProxy(server.port)
    const engine = open({ servers })
    expect((await engine.append([lead('new')])).positions).toEqual([101])
    expect(sockets).toHaveLength(1)
    expect(counted.bytes).toBeLessThan(20_000)
  })
})

describe.skipIf(!hasNats)('presence of many members', { timeout: 60_000 }, () => {
  it('is written and removed a few at a time', async () => {
    const { presence } = open(await start())
    const members = Array.from({ length: 2_000 }, (_, n) => ({ channel: 'a', identity: `i${n}` }))
    await presence.enter('p', members, 60_000)
    expect(await presence.present('a')).toHaveLength(2_000)
    await presence.leave('p', members.slice(1))
    expect(await presence.present('a')).toEqual(['i0'])
  })

  it('stays while many calls renew one lease at once', async () => {
    const server = await start()
    const engines = [1, 2, 3].map(() => open(server))
    await engines[0]?.presence.enter('p', [{ channel: 'a', identity: 'i' }], 60_000)
    const renewals = Array.from({ length: 60 }, (_, n) => engines[n % 3]?.presence.touch('p', 60_000))
    expect(await Promise.all(renewals)).toEqual(renewals.map(() => true))
  })
})
