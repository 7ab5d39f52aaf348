import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { connect } from '@sse/client'
import { createHub, type HubOptions } from '@sse/server'
import { sse } from '@sse/server/node'
import { sqlite } from '@sse/sqlite'
import { freePort } from '@sse/test-support/free-port'
import { startProgram } from '@sse/test-support/program'
import { until } from '@sse/test-support/until'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { numbers } from './numbers.ts'

const open: (() => unknown)[] = []
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close()
})

/** A server with a hub: streams, acknowledgements, and sockets that can be cut. */
async function start(options: HubOptions = {}, port = 0) {
  const hub = createHub(numbers, options)
  const stream = sse(hub, {
    authorize: ({ params }) => params.owner,
    channels: ({ identity }) => [identity, 'everyone'],
    retryMs: 5,
  })
  const server: Server = createServer(stream)
  const sockets = new Set<Socket>()
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  const cut = () => {
    for (const socket of sockets) socket.destroy()
  }
  const stop = async () => {
    await hub.close()
    cut()
    await new Promise((resolve) => server.close(resolve))
  }
  open.push(stop)
  const { port: used } = server.address() as AddressInfo
  return { hub, cut, stop, port: used, origin: `http://127.0.0.1:${used}` }
}

function follow(origin: string, owner = 'ada') {
  const feed = connect(numbers, {
    baseUrl: origin,
    params: { owner },
    reconnect: { jitterMs: 1, maxJitterMs: 20 },
    onError: () => {},
  })
  open.push(() => feed.close())
  const seen: (number | string)[] = []
  const ids: string[] = []
  feed.on('n', (n, { id }) => {
    seen.push(n)
    ids.push(id)
  })
  feed.on('gap', ({ reason }) => seen.push(`gap: ${reason}`))
  return { feed, seen, ids }
}

describe('from publish() to on()', () => {
  it('connections cut at random moments lose nothing, double nothing, and keep the order', async () => {
    const { hub, cut, origin } = await start()
    const readers = [follow(origin), follow(origin), follow(origin, 'ben')]
    for (let n = 0; n < 2_000; n += 1) {
      await hub.publish(n % 3 ? 'everyone' : 'ada', 'n', n)
      if (n % 97 === 0) cut()
    }
    const all = Array.from({ length: 2_000 }, (_, n) => n)
    const expected = [all, all, all.filter((n) => n % 3)]
    await until(() => readers.every(({ seen }, index) => seen.length >= (expected[index] as number[]).length))
    expect(readers.map(({ seen }) => seen)).toEqual(expected)
  })

  it('a quiet feed moves its id on with each heartbeat, and shows nobody the library’s own events', async () => {
    const { hub, origin } = await start()
    const { feed, seen } = follow(origin)
    await until(() => feed.status.state === 'open')
    const id = await hub.publish('somebody else', 'n', 1)
    await until(() => feed.lastEventId === id)
    expect(seen).toEqual([])
  })

  it('who was away begins after what was acknowledged last, on a new device', async () => {
    const { hub, origin } = await start()
    const first = follow(origin)
    await until(() => first.feed.status.state === 'open')
    for (let n = 0; n < 5; n += 1) await hub.publish('ada', 'n', n)
    await until(() => first.seen.length === 5)
    await first.feed.ack(first.ids[2] as string)
    expect(await hub.committed('ada')).toBe(first.ids[2])
    first.feed.close()
    await hub.publish('ada', 'n', 5)
    const second = follow(origin)
    await until(() => second.seen.length === 3)
    expect(second.seen).toEqual([3, 4, 5])
  })

  it('acknowledgements of one moment are sent as the newest, and one that failed is sent again', async () => {
    const { hub, origin, stop, port } = await start()
    const { feed, ids } = follow(origin)
    await until(() => feed.status.state === 'open')
    for (let n = 0; n < 5; n += 1) await hub.publish('ada', 'n', n)
    await until(() => ids.length === 5)
    const commits = vi.spyOn(hub, 'ack')
    await Promise.all(ids.map((id) => feed.ack(id)))
    expect(commits.mock.calls.length).toBeLessThanOrEqual(2)
    expect(await hub.committed('ada')).toBe(ids[4])
    await stop()
    await expect(feed.ack(ids[4] as string)).rejects.toMatchObject({ code: 'network' })
    const again = await start({}, port)
    const tried = vi.spyOn(again.hub, 'ack')
    await until(() => tried.mock.calls.length > 0)
    expect(tried.mock.calls[0]).toEqual(['ada', ids[4]])
  })

  it('an acknowledgement that is refused rejects, and is told to onError', async () => {
    const { origin } = await start()
    const { feed } = follow(origin)
    await expect(feed.ack('other-1')).rejects.toMatchObject({ code: 'http_status', status: 409 })
  })

  it('a restart of a hub in memory is a gap, and live after it', async () => {
    const first = await start()
    const { feed, seen } = follow(first.origin)
    await until(() => feed.status.state === 'open')
    await first.hub.publish('ada', 'n', 1)
    await until(() => seen.length === 1)
    await first.stop()
    const second = await start({}, first.port)
    await until(() => seen.length === 2)
    await second.hub.publish('ada', 'n', 2)
    await until(() => seen.length === 3)
    expect(seen).toEqual([1, 'gap: epoch', 2])
  })

  it('a drained process hands its clients over: nothing lost between the two', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'hub-'))
    open.push(() => rmSync(folder, { recursive: true, force: true }))
    const file = join(folder, 'log.db')
    const first = await start({ engine: sqlite(file) })
    const readers = Array.from({ length: 20 }, () => follow(first.origin))
    await until(() => readers.every(({ feed }) => feed.status.state === 'open'))
    await first.hub.publish('ada', 'n', 1)
    await first.hub.drain({ graceMs: 1_000 })
    await first.hub.publish('ada', 'n', 2)
    await first.stop()
    const second = await start({ engine: sqlite(file) }, first.port)
    await second.hub.publish('ada', 'n', 3)
    await until(() => readers.every(({ seen }) => seen.length === 3))
    for (const { seen } of readers) expect(seen).toEqual([1, 2, 3])
  })

  it('a server killed again and again while it publishes: what was acknowledged arrives, once and in order', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'hub-'))
    open.push(() => rmSync(folder, { recursive: true, force: true }))
    const port = await freePort()
    const program = fileURLToPath(new URL('hub-process.ts', import.meta.url))
    const args = ['--conditions=@sse/source', program, String(port), join(folder, 'log.db')]
    const run = async () => {
      const child = startProgram(process.execPath, args)
      await child.says(/listening/)
      return child
    }
    let server = await run()
    open.push(() => server.stop())
    const origin = `http://127.0.0.1:${port}`
    const readers = [follow(origin), follow(origin, 'ben')]
    let isOver = false
    const killing = (async () => {
      for (let round = 0; round < 5; round += 1) {
        await setTimeout(100 + Math.random() * 300)
        await server.stop('SIGKILL')
        server = await run()
      }
      isOver = true
    })()
    const acknowledged: number[] = []
    for (let n = 0; n < 1_000 || !isOver; n += 1) {
      const url = `${origin}/publish?channel=everyone&n=${n}&key=${n}`
      // Not known whether it was stored: the key makes the next attempt the same event.
      while (
        !(await fetch(url, { method: 'POST' })
          .then(({ ok }) => ok)
          .catch(() => false))
      )
        await setTimeout(5)
      acknowledged.push(n)
    }
    await killing
    await until(() => readers.every(({ seen }) => seen.length >= acknowledged.length))
    for (const { seen, ids } of readers) {
      expect(seen).toEqual(acknowledged)
      expect(new Set(ids).size).toBe(ids.length)
    }
  }, 60_000)
})
