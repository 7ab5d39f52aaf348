import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { lead, leads } from '@sse/test-support/entries'
import { failureOf } from '@sse/test-support/failure-of'
import { atMost, STATE } from '@sse/test-support/read-options'
import { hasRedis, type RedisServer } from '@sse/test-support/redis-server'
import { until } from '@sse/test-support/until'
import { describe, expect, it, onTestFinished } from 'vitest'
import { engineScope } from './fixtures/engine-scope.ts'
import type { RedisEngine } from './index.ts'

const { start, open } = engineScope()
const MB = 1_048_576
const readHistory = (engine: RedisEngine, more = {}) =>
  engine.read(0, { ...atMost(1_000), isHistory: true, ...more })

/** Connections of engines: without that of `redis-cli`. */
const connections = (server: RedisServer) =>
  server
    .command('CLIENT', 'LIST')
    .split('\n')
    .filter((line) => !line.includes('cmd=client')).length

/** A proxy that forwards nothing of the server's replies to the connections a test has stalled. */
async function startStallingProxy(target: number) {
  const sockets: Socket[] = []
  const stalled = new Set<Socket>()
  const proxy = createServer((client) => {
    sockets.push(client)
    const server = connect(target, '127.0.0.1')
    client.on('data', (bytes) => server.write(bytes))
    server.on('data', (bytes) => stalled.has(client) || client.write(bytes))
    for (const socket of [client, server]) {
      socket.on('error', () => {}).on('close', () => [client, server].map((each) => each.destroy()))
    }
  })
  proxy.listen(0, '127.0.0.1')
  await once(proxy, 'listening')
  onTestFinished(() => {
    proxy.close()
  })
  return { port: (proxy.address() as AddressInfo).port, sockets, stalled }
}

describe.skipIf(!hasRedis)('history', { timeout: 60_000 }, () => {
  it('is read on a separate connection, which opens at the first such read', async () => {
    const server = await start()
    const engine = open(server)
    await engine.append(leads(3))
    await engine.read(0, atMost(10))
    expect(connections(server)).toBe(1)
    expect((await readHistory(engine)).entries).toHaveLength(3)
    expect(connections(server)).toBe(2)
    await Promise.all(Array.from({ length: 20 }, () => readHistory(engine)))
    expect(connections(server)).toBe(2)
    await engine.close()
    await until(() => connections(server) === 0, 'both are closed')
  })

  it('whose replies never arrive delays no append and no read of new events, and is read again afterwards', async () => {
    const server = await start()
    const proxy = await startStallingProxy(server.port)
    const engine = open({ url: `redis://127.0.0.1:${proxy.port}`, timeoutMs: 2_000 })
    await engine.append(leads(3))
    await readHistory(engine)
    proxy.stalled.add(proxy.sockets[1] as Socket)
    const reads = Promise.all([1, 2, 3].map(() => failureOf(() => readHistory(engine))))
    for (let n = 4; n <= 50; n += 1) {
      await engine.append([lead(n)])
      expect((await engine.read(n - 1, atMost(10))).entries).toHaveLength(1)
    }
    for (const { code, message } of await reads) {
      expect([code, message]).toEqual([
        'engine_unavailable',
        expect.stringContaining('has not answered for 2000 ms'),
      ])
    }
    expect((await until(() => readHistory(engine), 'it is read again')).entries).toHaveLength(50)
  })

  it('is read again after its connection was cut, while appends stay on theirs', async () => {
    const server = await start()
    const engine = open(server)
    await engine.append(leads(3))
    await readHistory(engine)
    const ids = server.command('CLIENT', 'LIST').matchAll(/^id=(\d+) .*cmd=eval(?:sha)?/gm)
    const [, history] = [...ids].map(([, id]) => id as string)
    const { epoch } = await engine.read(0, STATE)
    server.command('CLIENT', 'KILL', 'ID', history as string)
    expect((await engine.append(leads(1, 4))).epoch).toBe(epoch)
    expect((await until(() => readHistory(engine), 'it is read again')).entries).toHaveLength(4)
  })

  it('of large entries costs what a page returns, in replies and in the memory of scripts', async () => {
    const server = await start()
    const engine = open(server)
    const large = 'x'.repeat(MB - 2)
    for (let n = 0; n < 40; n += 1) await engine.append([lead(n), lead(large, { channel: 'large' })])
    server.command('CONFIG', 'RESETSTAT')
    for (const channels of [undefined, ['large'], ['large', 'leads']]) {
      const page = await engine.read(0, {
        limit: 1_000,
        maxBytes: MB,
        isHistory: true,
        ...(channels && { channels }),
      })
      expect(page.entries.filter(({ channel }) => channel === 'large')).toHaveLength(1)
    }
    expect(Number(server.info('total_net_output_bytes'))).toBeLessThan(4 * MB)
    const scripts = Number(server.info('used_memory_vm_eval') || server.info('used_memory_lua'))
    expect(scripts).toBeLessThan(30 * MB)
  })
})

describe.skipIf(!hasRedis)('an append', { timeout: 60_000 }, () => {
  it('of more than the server takes in one command is split, in order', async () => {
    const server = await start('--client-query-buffer-limit', '1mb')
    const engine = open(server)
    const entries = Array.from({ length: 40 }, (_, n) => lead(`${n} `.padEnd(100_000, 'x')))
    const { positions } = await engine.append(entries)
    expect(positions).toEqual(Array.from({ length: 40 }, (_, n) => n + 1))
    expect((await engine.read(0, atMost(100))).entries.map(({ data }) => data)).toEqual(
      entries.map(({ data }) => data),
    )
  })

  it('is the first thing a process needs: one connection, and nothing of the log is read', async () => {
    const server = await start()
    await open(server).append(Array.from({ length: 100 }, (_, n) => lead(`${n} `.padEnd(10_000, 'x'))))
    const before = Number(server.info('total_connections_received'))
    const sentBefore = Number(server.info('total_net_output_bytes'))
    const engine = open(server)
    expect((await engine.append([lead('new')])).positions).toEqual([101])
    const sent = Number(server.info('total_net_output_bytes')) - sentBefore
    // Two connections of `redis-cli`, whose replies are a few thousand bytes each.
    expect(Number(server.info('total_connections_received')) - before).toBe(1 + 3)
    expect(sent).toBeLessThan(100_000)
  })
})
