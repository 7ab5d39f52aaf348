import { createServer } from 'node:http'
import {
  type ClientHttp2Session,
  connect as connectHttp2,
  createServer as createHttp2Server,
} from 'node:http2'
import { serve } from '@hono/node-server'
import Router from '@koa/router'
import express from 'express'
import { Hono } from 'hono'
import Koa from 'koa'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { sse as sseExpress } from '../adapters/express.ts'
import { sse as sseFastify } from '../adapters/fastify.ts'
import { sse as sseHono } from '../adapters/hono.ts'
import { sse as sseKoa } from '../adapters/koa.ts'
import { listen, listenFastify, type RunningServer } from '../fixtures/adapter-servers.ts'
import { type TestHub, testHub } from '../fixtures/hub-server.ts'
import { RawClient, request } from '../fixtures/raw-client.ts'
import { eventually, scoped } from '../fixtures/server-scope.ts'
import { sse as sseWeb } from '../index.ts'
import { sse } from './node.ts'

const sessions: ClientHttp2Session[] = []
const clients: RawClient[] = []
afterEach(() => {
  for (const session of sessions.splice(0)) session.destroy()
  for (const { socket } of clients.splice(0)) socket.destroy()
})

const [HEADERS, SETTINGS, WINDOW_UPDATE] = [1, 4, 8]
/** `GET /leads/ada` over http, in HPACK. */
const GET = Buffer.from('\x82\x86\x01\x01a\x04\x0a/leads/ada', 'latin1')

/** @see https://www.rfc-editor.org/rfc/rfc9113#section-4.1 */
function encodeFrame(type: number, stream: number, payload: Buffer): Buffer {
  const flags = type === HEADERS ? 0x5 : 0
  return Buffer.concat([Buffer.from([0, 0, payload.length, type, flags, 0, 0, 0, stream]), payload])
}

const open = (stallTimeoutMs?: number) => {
  const authorize = vi.fn(() => true)
  return {
    authorize,
    channels: 'everyone',
    onError: () => {},
    ...(stallTimeoutMs && { stallTimeoutMs }),
  } as const
}
const listenWeb = (fetch: (request: Request, host: object) => Response | Promise<Response>) => {
  const server = serve({ fetch, port: 0, hostname: '127.0.0.1' })
  return new Promise<RunningServer>((resolve) =>
    server.once('listening', () => {
      const { port } = server.address() as { port: number }
      const close = () => {
        ;(server as ReturnType<typeof createServer>).closeAllConnections()
        return new Promise<void>((done) => void server.close(() => done()))
      }
      resolve({ origin: `http://127.0.0.1:${port}`, close })
    }),
  )
}

/** Serves a hub, each in the way of its framework. */
const MOUNTS: [string, (hub: TestHub, options: ReturnType<typeof open>) => Promise<RunningServer>][] = [
  ['node', (hub, options) => listen(createServer(sse(hub, options)))],
  ['express', (hub, options) => listen(createServer(express().use(sseExpress(hub, options))))],
  [
    'koa',
    (hub, options) => {
      const router = new Router().all('/leads/:owner', sseKoa(hub, options))
      return listen(createServer(new Koa().use(router.routes()).callback()))
    },
  ],
  ['fastify', (hub, options) => listenFastify(async (app) => void app.register(sseFastify(hub, options)))],
  ['hono', (hub, options) => listenWeb(new Hono().use(sseHono(hub, options)).fetch)],
  ['the Fetch handler on Node', (hub, options) => listenWeb(sseWeb(hub, options))],
]

describe.each(MOUNTS)('pipelined requests on %s', (_name, mount) => {
  it('start nothing before the response has its socket', async () => {
    const hub = testHub()
    const options = open()
    const { origin } = await scoped(mount(hub, options))
    const client = new RawClient(origin)
    clients.push(client)
    client.socket.write(request('GET', '/leads/ada').repeat(20))
    await client.until((text) => text.includes('sse.open'))
    await hub.publish('everyone', 'count', 1)
    await client.until((text) => text.includes('data: 1'))
    expect(options.authorize).toHaveBeenCalledOnce()
    expect(hub.stats().connections).toBe(1)
  })

  it('are answered with 408 when the response has had no socket for stallTimeoutMs', async () => {
    const hub = testHub()
    const options = open(200)
    const { origin } = await scoped(mount(hub, options))
    const client = new RawClient(origin)
    clients.push(client)
    client.socket.write(request('GET', '/leads/ada').repeat(2))
    await client.until((text) => text.includes('sse.open'))
    await new Promise((resolve) => setTimeout(resolve, 600))
    await hub.drain()
    const text = await client.until((received) => received.includes('stalled'))
    expect(text.match(/HTTP\/1.1 \d+/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 408'])
    expect(options.authorize).toHaveBeenCalledOnce()
  })
})

describe('requests that are pipelined behind a finished one', () => {
  it('are served in their order', async () => {
    const { origin } = await scoped(
      listen(
        createServer(
          sse(async function* ({ lastEventId }) {
            yield { data: lastEventId ?? 'none' }
          }),
        ),
      ),
    )
    const client = new RawClient(origin)
    clients.push(client)
    for (const id of ['a', 'b', 'c']) {
      client.socket.write(`GET / HTTP/1.1\r\nhost: a\r\nlast-event-id: ${id}\r\n\r\n`)
    }
    const text = await client.until((received) => received.split('sse.end\ndata').length === 4)
    expect(text.match(/^data: \w$/gm)).toEqual(['data: a', 'data: b', 'data: c'])
  })

  it('close the socket when there are more than a thousand', async () => {
    const hub = testHub()
    const { origin } = await scoped(listen(createServer(sse(hub, open()))))
    const client = new RawClient(origin)
    clients.push(client)
    client.socket.write(request('GET', '/leads/ada').repeat(1_002))
    await client.until()
    expect(client.socket.destroyed).toBe(true)
    await eventually(() => hub.stats().connections === 0)
  })
})

describe('an HTTP/2 stream whose window is closed', () => {
  function connectSession(origin: string, initialWindowSize: number) {
    const session = connectHttp2(origin, { settings: { initialWindowSize } })
    session.on('error', () => {})
    sessions.push(session)
    return session
  }
  const get = (session: ClientHttp2Session) => {
    const seen = { status: 0, text: '' }
    const stream = session.request({ ':path': '/leads/ada' })
    stream.on('error', () => {})
    stream.on('response', (headers) => {
      seen.status = Number(headers[':status'])
    })
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      seen.text += chunk
    })
    return seen
  }

  it('starts nothing until the client opens it', async () => {
    const hub = testHub()
    const options = open()
    const { origin } = await scoped(listen(createHttp2Server(sse(hub, options))))
    const session = connectSession(origin, 0)
    const seen = Array.from({ length: 20 }, () => get(session))
    await new Promise((resolve) => setTimeout(resolve, 300))
    expect(options.authorize).not.toHaveBeenCalled()
    expect(hub.stats().connections).toBe(0)
    session.settings({ initialWindowSize: 65_535 })
    await eventually(() => seen.every(({ text }) => text.includes('sse.open')))
    expect(hub.stats().connections).toBe(20)
  })

  it('starts nothing while the window of the session is used up', async () => {
    const hub = testHub()
    const { origin } = await scoped(listen(createHttp2Server(sse(hub, open()))))
    const { socket } = new RawClient(origin)
    const increment = Buffer.from([0, 0x10, 0, 0])
    socket.write('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')
    socket.write(encodeFrame(SETTINGS, 0, Buffer.from([0, 4, 0x7f, 0xff, 0xff, 0xff]))) // windows of streams only
    socket.write(encodeFrame(HEADERS, 1, GET))
    await eventually(() => hub.stats().connections === 1)
    for (let n = 0; n < 20; n += 1) await hub.publish('everyone', 'text', 'x'.repeat(20_000))
    await eventually(() => socket.bytesRead > 65_535)
    socket.write(encodeFrame(HEADERS, 3, GET))
    await new Promise((resolve) => setTimeout(resolve, 300))
    expect(hub.stats().connections).toBe(1)
    socket.write(encodeFrame(WINDOW_UPDATE, 0, increment))
    await eventually(() => hub.stats().connections === 2)
    socket.destroy()
  })

  it('starts when the client opens each stream by WINDOW_UPDATE, and the second one after the first', async () => {
    const hub = testHub()
    const { origin } = await scoped(listen(createHttp2Server(sse(hub, open()))))
    const client = new RawClient(origin)
    clients.push(client)
    const { socket } = client
    const increment = Buffer.from([0, 1, 0, 0])
    socket.write('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')
    socket.write(encodeFrame(SETTINGS, 0, Buffer.from([0, 4, 0, 0, 0, 0])))
    const opened = () => client.text.split('event: sse.open').length - 1
    for (const stream of [1, 3, 5]) {
      socket.write(encodeFrame(HEADERS, stream, GET))
      if (stream < 5) socket.write(encodeFrame(WINDOW_UPDATE, stream, increment))
    }
    await eventually(() => opened() === 2)
    expect(hub.stats().connections).toBeLessThanOrEqual(3)
    await eventually(() => hub.stats().connections === 3)
    // The window of the third is closed: it holds up the fourth.
    socket.write(encodeFrame(HEADERS, 7, GET))
    socket.write(encodeFrame(WINDOW_UPDATE, 7, increment))
    await new Promise((resolve) => setTimeout(resolve, 300))
    expect(hub.stats().connections).toBe(3)
    socket.write(encodeFrame(WINDOW_UPDATE, 5, increment))
    await eventually(() => opened() === 4)
  })

  it('takes one slot at most while its window stays closed, and frees it after stallTimeoutMs', async () => {
    const hub = testHub()
    const { origin } = await scoped(listen(createHttp2Server(sse(hub, open(1_500)))))
    const session = connectSession(origin, 0)
    const seen = Array.from({ length: 20 }, () => get(session))
    await eventually(() => hub.stats().connections === 1)
    await eventually(() => seen.filter(({ status }) => status === 408).length === 19)
    await eventually(() => hub.stats().connections === 0)
    expect(seen.filter(({ status }) => status === 200)).toHaveLength(1)
  })

  it('is answered with 408 after stallTimeoutMs, and closed', async () => {
    const hub = testHub()
    const options = open(200)
    const server = createHttp2Server(sse(hub, options))
    const closed = vi.fn()
    server.on('stream', (stream) => stream.on('close', closed))
    const { origin } = await scoped(listen(server))
    const seen = get(connectSession(origin, 0))
    await eventually(() => seen.status === 408 && closed.mock.calls.length === 1)
    expect(options.authorize).not.toHaveBeenCalled()
  })
})
