import { createServer } from 'node:http'
import { connect, createServer as createHttp2Server } from 'node:http2'
import type { Socket } from 'node:net'
import Koa from 'koa'
import { describe, expect, it, vi } from 'vitest'
import { sse as sseFastify } from '../adapters/fastify.ts'
import { sse as sseKoa } from '../adapters/koa.ts'
import { listen, listenFastify, type RunningServer, stream } from '../fixtures/adapter-servers.ts'
import { type TestHub, testHub } from '../fixtures/hub-server.ts'
import { RawClient, request } from '../fixtures/raw-client.ts'
import { eventually, scoped } from '../fixtures/server-scope.ts'
import { sse } from './node.ts'
import { readPathname } from './serve-node.ts'

const OPEN = { authorize: () => true, channels: 'everyone', onError: () => {} } as const

/** Frameworks whose own code, which may await, runs between the decision to stream and the head. */
const LATE: [string, (hub: TestHub, held: Promise<void>) => Promise<RunningServer>][] = [
  [
    'koa',
    (hub, held) => {
      const app = new Koa().use(async (_ctx, next) => {
        await next()
        await held
      })
      return listen(createServer(app.use(sseKoa(hub, OPEN)).callback()))
    },
  ],
  [
    'fastify',
    (hub, held) =>
      listenFastify(async (app) => {
        app.addHook('onSend', () => held)
        app.register(sseFastify(hub, OPEN))
      }),
  ],
]

describe('the Node handler', () => {
  it('returns a promise that resolves when the response is closed', async () => {
    const handler = sse(async function* ({ signal }) {
      yield { data: 1 }
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()))
    })
    const events: string[] = []
    const { origin } = await scoped(
      listen(
        createServer(async (req, res) => {
          res.on('close', () => events.push('closed'))
          await handler(req, res)
          events.push('resolved')
        }),
      ),
    )
    const response = await fetch(origin)
    expect(events).toEqual([])
    await response.body?.cancel()
    await eventually(() => events.length === 2)
    expect(events).toEqual(['closed', 'resolved'])
  })

  it('resolves for refusals too, and passes other paths to next if it is given', async () => {
    const handler = sse(stream, { authorize: () => false, onError: () => {} }, [])
    const next = vi.fn()
    const resolved = vi.fn()
    const { origin } = await scoped(
      listen(
        createServer(async (req, res) => {
          await handler(req, res, () => {
            next()
            res.end('next')
          })
          resolved()
        }),
      ),
    )
    expect((await fetch(`${origin}/leads/1`)).status).toBe(403)
    expect(await (await fetch(`${origin}/other`)).text()).toBe('next')
    expect(next).toHaveBeenCalledOnce()
    await eventually(() => resolved.mock.calls.length === 2)
  })

  it('closes only the connection whose wrapped response throws', async () => {
    const hub = testHub()
    const onError = vi.fn()
    const handler = sse(hub, { ...OPEN, onError })
    const { origin } = await scoped(
      listen(
        createServer((req, res) => {
          if (req.url === '/leads/broken') {
            res.write = () => {
              throw new Error('middleware')
            }
          }
          handler(req, res)
        }),
      ),
    )
    await expect(fetch(`${origin}/leads/broken`).then((response) => response.text())).rejects.toThrow()
    const client = new RawClient(origin)
    client.socket.write(request('GET', '/leads/ada'))
    await client.until((text) => text.includes('sse.open'))
    await hub.publish('everyone', 'count', 1)
    await client.until((text) => text.includes('data: 1'))
    client.socket.destroy()
    expect(onError.mock.calls[0]?.[0]).toMatchObject({ message: 'middleware' })
    await eventually(() => hub.stats().connections === 0)
  })

  it('notices a client that leaves in the middle of a body which is never read', async () => {
    const hub = testHub()
    const { origin } = await scoped(listen(createServer(sse(hub, OPEN))))
    const client = new RawClient(origin)
    client.socket.write('GET /leads/ada HTTP/1.1\r\nhost: a\r\ncontent-length: 1000000\r\n\r\n')
    client.socket.write('x'.repeat(500_000))
    await client.until((text) => text.includes('sse.open'))
    client.socket.end()
    await eventually(() => hub.stats().connections === 0)
  })

  it('never rejects, whatever next throws', async () => {
    const logged = vi.spyOn(console, 'error').mockImplementation(() => {})
    const handler = sse(stream, [])
    const settled = vi.fn()
    const failing = () => {
      throw new Error('next')
    }
    const { origin } = await scoped(
      listen(createServer((req, res) => void handler(req, res, failing).then(settled))),
    )
    await expect(fetch(`${origin}/other`)).rejects.toThrow()
    expect(settled).toHaveBeenCalledOnce()
    expect(logged.mock.calls[0]?.[0]).toMatchObject({ message: 'next' })
    logged.mockRestore()
  })

  it('adds no lasting listener to a socket whose requests are pipelined', async () => {
    const handler = sse([{ data: 1 }])
    const sockets = new Set<Socket>()
    const server = createServer((req, res) => {
      sockets.add(req.socket)
      handler(req, res)
    })
    const client = new RawClient((await scoped(listen(server))).origin)
    const answers = (count: number) =>
      client.until((text) => text.split('event: sse.end').length === count + 1)
    client.socket.write(request('GET', '/'))
    await answers(1)
    const [socket] = sockets
    const before = socket?.listenerCount('close')
    client.socket.write(request('GET', '/').repeat(8))
    await answers(9)
    // Before the server closes the idle socket.
    await vi.waitFor(() => expect(socket?.listenerCount('close')).toBe(before), { timeout: 1_000 })
    client.socket.destroy()
  })
})

describe('the path of a request', () => {
  it.each([
    '/leads/1',
    '/leads/a.b-c_d~e',
    '/leads/1?lastEventId=a%20b',
    '/leads/a%20b',
    '/leads/%2e%2e/x',
    '/leads/../x',
    '/leads/.',
    '/leads/.hidden',
    '/leads/...',
    '//leads//1/',
    '/leads\\1',
    '/leads/é',
    '/leads/1#x',
    '/',
    '*',
    '',
    'http://other/leads/../1?x',
  ])('%j is that of a URL', (url) => {
    const absolute = url.startsWith('/') ? `http://localhost${url}` : url
    const expected = URL.canParse(absolute) ? new URL(absolute).pathname : '/'
    expect(readPathname({ url })).toBe(expected)
  })
})

describe('drain', () => {
  it('closes the sockets of HTTP/1.1 streams, and of requests refused while draining', async () => {
    const hub = testHub()
    const server = createServer(sse(hub, OPEN))
    const { origin } = await scoped(listen(server))
    const [streaming, idle] = [new RawClient(origin), new RawClient(origin)]
    streaming.socket.write(request('GET', '/leads/ada'))
    idle.socket.write(request('HEAD', '/leads/ada'))
    await streaming.until((text) => text.includes('sse.open'))
    await idle.until((text) => text.includes('\r\n\r\n'))
    await hub.drain()
    expect((await streaming.until()).endsWith('0\r\n\r\n')).toBe(true)
    idle.socket.write(request('GET', '/leads/ada'))
    const refused = await idle.until()
    expect(refused).toContain('HTTP/1.1 503')
    expect(refused).toContain('connection: close\r\n')
    await new Promise<void>((resolve, reject) => server.close((error) => (error ? reject(error) : resolve())))
  })

  it('ends HTTP/2 sessions with GOAWAY', async () => {
    const hub = testHub()
    const { origin } = await scoped(listen(createHttp2Server(sse(hub, OPEN))))
    const session = connect(origin)
    const goaway = new Promise((resolve) => session.on('goaway', resolve))
    const closed = new Promise((resolve) => session.on('close', resolve))
    const response = session.request({ ':path': '/leads/ada' })
    let text = ''
    response.setEncoding('utf8').on('data', (chunk) => {
      text += chunk
    })
    await eventually(() => text.includes('sse.open'))
    await hub.drain()
    await goaway
    await closed
    expect(text).toMatch(/retry: \d+\n$/)
  })
})

describe("refuse: 'retry'", () => {
  async function serve() {
    const hub = testHub({ maxConnections: 0 })
    const { origin } = await scoped(listen(createServer(sse(hub, { ...OPEN, refuse: 'retry' }))))
    return { hub, url: `${origin}/leads/ada` }
  }

  it('answers a GET over a limit, or while draining, with a stream that only sets the delay', async () => {
    const { hub, url } = await serve()
    for (const isDraining of [false, true]) {
      if (isDraining) await hub.drain()
      const response = await fetch(url)
      expect(response.status).toBe(200)
      expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8')
      expect(response.headers.get('cache-control')).toBe('no-store')
      expect(response.headers.get('connection')).toBe(isDraining ? 'close' : 'keep-alive')
      const [, retry] = /^retry: (\d+)\n$/.exec(await response.text()) ?? []
      expect(Number(retry)).toBeGreaterThanOrEqual(2_000)
    }
  })

  it('leaves every other refusal as it is', async () => {
    const { url } = await serve()
    expect((await fetch(`${url}/ack`, { method: 'POST' })).status).toBe(400)
    expect((await fetch(url, { headers: { 'last-event-id': 'x'.repeat(2_000) } })).status).toBe(400)
    expect((await fetch(url, { method: 'PUT' })).status).toBe(405)
  })
})

describe('a connection that the server closes before the head is sent', () => {
  it.each(LATE)('gets the status of the reason on %s', async (_name, mount) => {
    const hub = testHub()
    let release = () => {}
    const held = new Promise<void>((resolve) => {
      release = resolve
    })
    const { origin } = await scoped(mount(hub, held))
    const asking = fetch(`${origin}/leads/ada`)
    await eventually(() => hub.stats().connections === 1)
    const draining = hub.drain()
    release()
    const refused = await asking
    expect(refused.status).toBe(503)
    expect(refused.headers.get('connection')).toBe('close')
    expect(refused.headers.get('x-accel-buffering')).toBeNull()
    expect(await refused.json()).toMatchObject({ code: 'shutdown' })
    await draining
  })
})
