import { createServer, type RequestListener } from 'node:http'
import { createServer as createHttp2Server } from 'node:http2'
import compression from 'compression'
import express from 'express'
import { describe, expect, it } from 'vitest'
import { sse as sseExpress } from '../adapters/express.ts'
import { listen, type RunningServer, stream } from '../fixtures/adapter-servers.ts'
import { fetchHttp2 } from '../fixtures/fetch-http2.ts'
import { serveHub, type TestHub, testHub } from '../fixtures/hub-server.ts'
import { RawClient, request } from '../fixtures/raw-client.ts'
import { eventually, scoped } from '../fixtures/server-scope.ts'
import { sse } from './node.ts'

/** Publishes the events that every server's client then has read. */
async function publishAll(hub: TestHub): Promise<string> {
  for (let n = 0; n < 5; n += 1) await hub.publish('1', 'count', n)
  await Promise.all(
    ['é', '🎉'.repeat(5_000), 'x'.repeat(100_000)].map((text) => hub.publish('1', 'text', text)),
  )
  return hub.publish('1', 'text', 'last')
}

/** Returns the body of an HTTP/1.1 response, checking the length of every chunk. */
function dechunk(response: string): string {
  let rest = response.slice(response.indexOf('\r\n\r\n') + 4)
  let body = ''
  while (rest !== '') {
    const end = rest.indexOf('\r\n')
    const length = Number.parseInt(rest.slice(0, end), 16)
    if (rest.length < end + 2 + length + 2) break
    body += rest.slice(end + 2, end + 2 + length)
    expect(rest.slice(end + 2 + length, end + 4 + length)).toBe('\r\n')
    rest = rest.slice(end + 4 + length)
  }
  return body
}

const anyEpoch = (text: string) => text.replaceAll(/^id: \w+-/gm, 'id: epoch-')
const wrapped =
  (listener: RequestListener): RequestListener =>
  (req, res) => {
    res.write = res.write.bind(res) as typeof res.write
    listener(req, res)
  }

/** Counts calls of `socket.write`: one per event when the bytes bypass the response. */
function countWrites(listener: RequestListener, onResponse: (writes: () => number) => void): RequestListener {
  return (req, res) => {
    let writes = 0
    const { socket } = res
    if (!socket) throw new Error('the response has no socket')
    const write = socket.write.bind(socket) as (...given: unknown[]) => boolean
    socket.write = (...given: unknown[]) => {
      writes += 1
      return write(...given)
    }
    onResponse(() => writes)
    listener(req, res)
  }
}

async function readBody(hub: TestHub, { origin }: RunningServer, version = '1.1'): Promise<string> {
  const client = new RawClient(origin)
  client.socket.write(request('GET', '/leads/1', version))
  await client.until((text) => text.includes('sse.open'))
  await publishAll(hub)
  const text = await client.until(
    (received) => received.endsWith('last"\n\n\r\n') || received.endsWith('last"\n\n'),
  )
  client.socket.destroy()
  await eventually(() => hub.stats().connections === 0)
  const body = version === '1.1' ? dechunk(text) : text.slice(text.indexOf('\r\n\r\n') + 4)
  return anyEpoch(Buffer.from(body, 'latin1').toString())
}

describe('shared frames', () => {
  it('are written to the socket directly, as the same bytes that the response would have sent', async () => {
    const counts: (() => number)[] = []
    const count = (listener: RequestListener) => countWrites(listener, (writes) => counts.push(writes))
    const bodies: string[] = []
    for (const wrap of [count, (listener: RequestListener) => count(wrapped(listener))]) {
      const hub = testHub()
      bodies.push(await readBody(hub, await serveHub(hub, {}, wrap)))
    }
    expect(bodies[0]).toContain('🎉')
    expect(bodies[0]).toBe(bodies[1])
    const [direct, ordinary] = counts.map((writes) => writes()) as [number, number]
    // Seven turns of events, one of which is three pieces, and the head with the opening.
    expect(direct).toBeLessThan(18)
    expect(ordinary).toBeGreaterThan(direct + 5)
  })

  it('of large events are the same memory for all connections: the frames, and one copy where many write them', async () => {
    const written: Uint8Array[][] = []
    const hub = testHub()
    const server = await serveHub(hub, {}, (listener) => (req, res) => {
      const { socket } = res
      if (!socket) throw new Error('the response has no socket')
      const pieces: Uint8Array[] = []
      written.push(pieces)
      const write = socket.write.bind(socket) as (...given: unknown[]) => boolean
      socket.write = (...given: unknown[]) => {
        if (given[0] instanceof Uint8Array && given[0].byteLength > 50_000) pieces.push(given[0])
        return write(...given)
      }
      listener(req, res)
    })
    const clients = Array.from({ length: 8 }, () => new RawClient(server.origin))
    for (const client of clients) {
      client.socket.write(request('GET', '/leads/1'))
      await client.until((text) => text.includes('sse.open'))
    }
    await Promise.all(['x', 'y'].map((text) => hub.publish('1', 'text', text.repeat(60_000))))
    const bodies = []
    for (const client of clients) {
      const text = await client.until((received) => received.endsWith('y"\n\n\r\n'))
      bodies.push(dechunk(text).slice(dechunk(text).indexOf('event: text')))
    }
    expect(new Set(bodies).size).toBe(1)
    const [frames, alike] = written as [Uint8Array[], Uint8Array[]]
    expect(frames.map(({ byteLength }) => byteLength > 100_000)).toEqual([false, false])
    expect(alike).toHaveLength(2)
    alike.forEach((piece, at) => {
      expect(piece).toBe(frames[at])
    })
    const [last, before] = [written[7], written[6]] as [Uint8Array[], Uint8Array[]]
    expect(last).toHaveLength(1)
    expect(last[0]?.byteLength).toBeGreaterThan(120_000)
    expect(last[0]).toBe(before[0])
    for (const client of clients) client.socket.destroy()
  })

  it('go through the response for an HTTP/1.0 client, whose body has no chunks', async () => {
    const [one, two] = [testHub(), testHub()]
    expect(await readBody(one, await serveHub(one), '1.0')).toBe(await readBody(two, await serveHub(two)))
  })

  it('go through the response under a compressor and on HTTP/2', async () => {
    const plain = testHub()
    const expected = await readBody(plain, await serveHub(plain))
    const compressed = testHub()
    const app = express()
      .use(compression({ filter: () => true }))
      .get(
        stream.path,
        sseExpress(stream, ({ params }) => compressed.subscribe([params.owner, 'everyone'])),
      )
    const http2 = testHub()
    const servers: [TestHub, RunningServer, typeof fetch][] = [
      [compressed, await scoped(listen(createServer(app))), fetch],
      [
        http2,
        await scoped(
          listen(createHttp2Server(sse(stream, ({ params }) => http2.subscribe([params.owner, 'everyone'])))),
        ),
        fetchHttp2 as unknown as typeof fetch,
      ],
    ]
    for (const [hub, { origin }, fetcher] of servers) {
      const response = await fetcher(`${origin}/leads/1`, { headers: { 'accept-encoding': 'gzip' } })
      const decoder = new TextDecoder()
      const reader = response.body?.getReader()
      let text = ''
      let isPublished = false
      while (!text.endsWith('last"\n\n')) {
        text += decoder.decode((await reader?.read())?.value, { stream: true })
        if (isPublished || !text.includes('sse.open')) continue
        isPublished = true
        await publishAll(hub)
      }
      await reader?.cancel()
      expect(anyEpoch(text)).toBe(expected)
    }
  })

  it('wait behind the response of an earlier pipelined request', async () => {
    const hub = testHub()
    let finishFirst = () => {}
    let isAsked = false
    const server = await serveHub(hub, {}, (listener) => (req, res) => {
      if (req.url === '/first') finishFirst = () => res.end('first')
      else {
        isAsked = true
        listener(req, res)
      }
    })
    const client = new RawClient(server.origin)
    client.socket.write(request('GET', '/first') + request('GET', '/leads/1'))
    await eventually(() => isAsked)
    await hub.publish('1', 'count', 7)
    expect(client.text).toBe('')
    expect(hub.stats().connections).toBe(0)
    finishFirst()
    await client.until((received) => received.includes('sse.open'))
    await hub.publish('1', 'count', 8)
    const text = await client.until((received) => received.includes('data: 8'))
    expect(text.indexOf('first')).toBeLessThan(text.indexOf('sse.open'))
    expect(text).not.toContain('data: 7')
    expect(text.match(/HTTP\/1.1 200/g)).toHaveLength(2)
    client.socket.destroy()
  })

  it('leave no listener or timeout on the socket for the next request', async () => {
    const hub = testHub()
    const server = await serveHub(hub, {}, (listener) => (req, res) => {
      if (req.url === '/next') res.end(`${res.socket?.listenerCount('drain')} ${res.socket?.timeout ?? 0}`)
      else listener(req, res)
    })
    const client = new RawClient(server.origin)
    client.socket.write(request('GET', '/next'))
    const before = (await client.until((text) => /\d+ \d+$/.test(text))).match(/\d+ \d+$/)?.[0]
    client.socket.write(request('GET', '/leads/1'))
    await client.until((text) => text.includes('sse.open'))
    await hub.publish('1', 'count', 1)
    await hub.revoke('1')
    await client.until((text) => text.endsWith('0\r\n\r\n'))
    client.text = ''
    client.socket.write(request('GET', '/next'))
    expect(await client.until((text) => /\d+ \d+$/.test(text))).toMatch(new RegExp(`${before}$`))
    client.socket.destroy()
  })
})
