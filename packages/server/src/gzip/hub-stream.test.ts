import { createServer, get, type IncomingMessage, type RequestListener } from 'node:http'
import { setTimeout as wait } from 'node:timers/promises'
import { gunzipSync } from 'node:zlib'
import fastifyCompress from '@fastify/compress'
import { defineStream, type } from '@sse/contract'
import { parseEvents } from '@sse/test-support/parse-events'
import { StreamReader } from '@sse/test-support/stream-reader'
import compression from 'compression'
import express from 'express'
import { Hono } from 'hono'
import { compress as honoCompress } from 'hono/compress'
import { describe, expect, it } from 'vitest'
import { sse as sseExpress } from '../adapters/express.ts'
import { sse as sseFastify } from '../adapters/fastify.ts'
import { sse as sseHono } from '../adapters/hono.ts'
import { listen, listenFastify, listenFetch, type RunningServer } from '../fixtures/adapter-servers.ts'
import { MOUNTS, type TestHubOptions } from '../fixtures/hub-mounts.ts'
import { type TestHub, testHub } from '../fixtures/hub-server.ts'
import { RawClient } from '../fixtures/raw-client.ts'
import { eventually, scoped, turn } from '../fixtures/server-scope.ts'
import { createHub } from '../index.ts'
import { sse } from '../node/node.ts'
import { createRuns } from '../runs/index.ts'
import { gzip } from './index.ts'

const OPTIONS: TestHubOptions = {
  authorize: ({ params }) => ({ id: params.owner }),
  channels: ({ params }) => [params.owner, 'everyone'],
  compression: gzip(),
}
const LEAD = { id: '0f61c1ac-8e0d-4b69', name: 'Ada', company: 'Analytical Engines', note: 'call back' }
const TEXT = JSON.stringify(Array.from({ length: 5 }, (_, n) => ({ ...LEAD, n })))

/** Reads a response as a browser does: whatever `fetch` has left compressed is decompressed. */
const decoding =
  (inner: (url: string, init?: RequestInit) => Promise<Response>): typeof fetch =>
  async (url, init) => {
    const headers = { ...(init?.headers as object), 'accept-encoding': 'gzip' }
    const response = await inner(String(url), { ...init, headers })
    if (inner === fetch || response.headers.get('content-encoding') !== 'gzip' || !response.body) {
      return response
    }
    return new Response(response.body.pipeThrough(new DecompressionStream('gzip')), response)
  }

describe.each(MOUNTS)('compression of sse(hub) on $name', ({ start, fetch: ask }) => {
  it('sends gzip to a client that accepts it, each event at once, and text to others', async () => {
    const hub = testHub()
    const { origin } = await scoped(start(hub, OPTIONS))
    const url = `${origin}/leads/ada`
    const compressed = await StreamReader.open(url, undefined, decoding(ask))
    const plain = await StreamReader.open(url, undefined, ((given: string, init: RequestInit) =>
      ask(given, { ...init, headers: { ...init.headers, 'accept-encoding': 'identity' } })) as never)
    expect(compressed.response.headers.get('content-encoding')).toBe('gzip')
    expect(plain.response.headers.get('content-encoding')).toBeNull()
    for (const reader of [compressed, plain]) {
      expect(reader.response.headers.get('vary')?.toLowerCase()).toMatch(/accept-encoding/)
      await reader.message('sse.open')
    }
    for (let n = 1; n <= 3; n += 1) {
      await hub.publish('everyone', 'text', TEXT + n)
      for (const reader of [compressed, plain]) await reader.until(({ events }) => events.length === n)
    }
    await hub.drain()
    await Promise.all([compressed.over(), plain.over()])
    expect(compressed.events).toEqual(plain.events)
  })

  it('answers HEAD with the same headers', async () => {
    const hub = testHub()
    const { origin } = await scoped(start(hub, OPTIONS))
    const head = await ask(`${origin}/leads/ada`, {
      method: 'HEAD',
      headers: { 'accept-encoding': 'gzip' },
    })
    expect(head.headers.get('content-encoding')).toBe('gzip')
    expect(head.headers.get('vary')?.toLowerCase()).toMatch(/accept-encoding/)
  })
})

/** A client that keeps the bytes of its response. */
class ByteClient {
  readonly response: IncomingMessage
  readonly #chunks: Buffer[] = []
  isOver = false

  static open(url: string, headers: Record<string, string> = {}): Promise<ByteClient> {
    return new Promise((resolve, reject) => {
      get(url, { agent: false, headers: { 'accept-encoding': 'gzip', ...headers } }, (response) =>
        resolve(new ByteClient(response)),
      ).on('error', reject)
    })
  }

  constructor(response: IncomingMessage) {
    this.response = response
    response.on('data', (chunk) => this.#chunks.push(chunk))
    response.on('end', () => {
      this.isOver = true
    })
  }

  get bytes(): Buffer {
    return Buffer.concat(this.#chunks)
  }

  /** The text of a complete response: its checksum and length are verified. */
  get text(): string {
    const { 'content-encoding': coding } = this.response.headers
    return (coding === 'gzip' ? gunzipSync(this.bytes) : this.bytes).toString()
  }

  get events() {
    return parseEvents(this.text).filter(({ event }) => !event.startsWith('sse.'))
  }
}

const serveNode = (hub: TestHub, wrap = (listener: RequestListener) => listener) =>
  scoped(listen(createServer(wrap(sse(hub, OPTIONS as never)))))

describe('a compressed stream', () => {
  it('is complete for clients that join, resume and fall behind at any time, and get gaps and heartbeats', async () => {
    const contract = defineStream({
      path: '/leads/:owner',
      heartbeatMs: 20,
      events: { text: type<string>(), count: type<number>() },
    })
    const hub = createHub(contract, {
      ring: { maxEvents: 20 },
      onError: (error) => expect(error).toBeUndefined(),
    })
    const { origin } = await scoped(listen(createServer(sse(hub, OPTIONS as never))))
    const clients: ByteClient[] = []
    const plain = await ByteClient.open(`${origin}/leads/ada`, { 'accept-encoding': 'identity' })
    const ids: string[] = []
    const first = await hub.publish('everyone', 'text', 'first')
    for (let n = 0; n < 60; n += 1) {
      if (n % 6 === 0) clients.push(await ByteClient.open(`${origin}/leads/ada`, { 'last-event-id': first }))
      if (n % 20 === 9) {
        const { response } = clients[0] as ByteClient
        response.pause()
        setTimeout(() => response.resume(), 50)
      }
      if (n === 30) clients.push(await ByteClient.open(`${origin}/leads/ada`, { 'last-event-id': 'other-1' }))
      const texts = Array.from(
        { length: 1 + (n % 3) },
        (_, at) => `${TEXT.repeat(n % 5 === 0 ? 40 : 1)}${n}.${at}`,
      )
      const channelOf = (at: number) => (at === 1 ? 'ada' : 'everyone')
      ids.push(...(await Promise.all(texts.map((text, at) => hub.publish(channelOf(at), 'text', text)))))
      await wait(n % 7 === 0 ? 10 : 0)
    }
    await wait(50)
    await hub.drain()
    await eventually(() => [...clients, plain].every(({ isOver }) => isOver))
    const expected = plain.events.slice(1)
    expect(expected.map(({ id }) => id)).toEqual(ids)
    const [stranger] = clients.filter(({ text }) => text.includes('event: sse.gap'))
    for (const client of clients) if (client !== stranger) expect(client.events).toEqual(expected)
    expect(stranger?.events).toEqual(expected.slice(-(stranger?.events.length ?? 0)))
    expect(stranger?.events.length).toBeGreaterThan(10)
    expect(clients[0]?.text).toContain('event: sse.heartbeat')
    await hub.close()
  })

  it('is the same memory for every connection, made once', async () => {
    const hub = testHub()
    const written: Uint8Array[][] = []
    const server = await serveNode(hub, (listener) => (req, res) => {
      const { socket } = res
      const pieces: Uint8Array[] = []
      written.push(pieces)
      const write = socket?.write.bind(socket) as (...given: unknown[]) => boolean
      if (socket) {
        socket.write = (...given: unknown[]) => {
          if (typeof given[0] !== 'string') pieces.push(given[0] as Uint8Array)
          return write(...given)
        }
      }
      listener(req, res)
    })
    const clients = await Promise.all(
      Array.from({ length: 5 }, () => ByteClient.open(`${server.origin}/leads/a`)),
    )
    await eventually(() => clients.every(({ bytes }) => bytes.byteLength > 0))
    await turn()
    for (const pieces of written) pieces.length = 0
    for (let n = 0; n < 3; n += 1) await hub.publish('everyone', 'text', TEXT + n)
    await eventually(() => written.every((pieces) => pieces.length === 3))
    const [first, ...others] = written as [Uint8Array[], ...Uint8Array[][]]
    for (const pieces of others) for (const [at, piece] of pieces.entries()) expect(piece).toBe(first[at])
    // After the first, events are compressed together with those before.
    expect(first[0]?.byteLength).toBeLessThan(TEXT.length / 2)
    expect(first[2]?.byteLength).toBeLessThan(TEXT.length / 8)
    await hub.drain()
  })

  it('counts the bytes that leave, in the diagnostics of a connection', async () => {
    const hub = testHub()
    const { origin } = await serveNode(hub)
    const { subscribe, unsubscribe } = await import('node:diagnostics_channel')
    let sentBytes = 0
    const onClosed = (message: unknown) => {
      sentBytes = (message as { connection: { sentBytes: number } }).connection.sentBytes
    }
    subscribe('sse.connection.closed', onClosed)
    const client = await ByteClient.open(`${origin}/leads/ada`)
    await hub.publish('everyone', 'text', TEXT)
    await hub.drain()
    await eventually(() => client.isOver)
    unsubscribe('sse.connection.closed', onClosed)
    expect(sentBytes).toBe(client.bytes.byteLength)
    expect(hub.stats().deliveredBytes).toBeGreaterThan(TEXT.length)
  })

  it('is refused without a compressed body', async () => {
    const hub = testHub()
    const options = { ...OPTIONS, refuse: 'retry' } as never
    const { origin } = await scoped(listen(createServer(sse(hub, options))))
    await hub.drain()
    const refused = await ByteClient.open(`${origin}/leads/ada`)
    await eventually(() => refused.isOver)
    expect(refused.response.headers['content-encoding']).toBeUndefined()
    expect(refused.text).toMatch(/^retry: \d+\n/)
  })

  it('reaches an HTTP/1.0 client, without chunks', async () => {
    const hub = testHub()
    const { origin } = await serveNode(hub)
    const client = new RawClient(origin)
    client.socket.write('GET /leads/ada HTTP/1.0\r\naccept-encoding: gzip\r\n\r\n')
    await eventually(() => hub.stats().connections === 1)
    await client.until((text) => text.includes('\r\n\r\n'))
    await hub.publish('everyone', 'text', TEXT)
    await hub.drain()
    const text = await client.until()
    const body = gunzipSync(Buffer.from(text.slice(text.indexOf('\r\n\r\n') + 4), 'latin1')).toString()
    expect(body).toContain(`data: ${JSON.stringify(TEXT)}\n\n`)
  })

  it('carries the events of runs, for each viewer', async () => {
    const contract = defineStream({ path: '/answers/:run', events: { token: type<string>() } })
    const runs = createRuns(contract)
    const { origin } = await scoped(
      listen(createServer(sse(runs, { authorize: () => true, compression: gzip() }))),
    )
    await runs.start('a', async function* ({ event }) {
      for (let n = 0; n < 200; n += 1) {
        yield event('token', `token ${n}`)
        if (n % 10 === 0) await wait(1)
      }
    })
    const viewers = await Promise.all([1, 2, 3].map(() => ByteClient.open(`${origin}/answers/a`)))
    await eventually(() => viewers.every(({ isOver }) => isOver))
    for (const viewer of viewers) {
      expect(viewer.events.map(({ data }) => JSON.parse(data))).toEqual(
        Array.from({ length: 200 }, (_, n) => `token ${n}`),
      )
      expect(viewer.bytes.byteLength).toBeLessThan(viewer.text.length / 3)
    }
    await runs.close()
  })
})

describe('compression middleware', () => {
  const SERVERS: [name: string, start: (hub: TestHub) => Promise<RunningServer>][] = [
    [
      'compression on Express',
      (hub) =>
        listen(
          createServer(
            express()
              .use((_req, res, next) => {
                // Without this, `no-transform` would keep it away.
                res.set('cache-control', 'no-cache').vary('origin')
                next()
              })
              .use(compression({ filter: () => true, threshold: 0 }))
              .use(sseExpress(hub, OPTIONS as never)),
          ),
        ),
    ],
    [
      '@fastify/compress',
      (hub) =>
        listenFastify(async (app) => {
          await app.register(fastifyCompress, { global: true, threshold: 0, customTypes: /./ })
          app.addHook('onRequest', async (_request, reply) => {
            reply.headers({ 'cache-control': 'no-cache', vary: 'origin' })
          })
          await app.register(sseFastify(hub, OPTIONS as never))
        }),
    ],
    [
      'compress of Hono',
      (hub) =>
        listenFetch(
          new Hono()
            .use(honoCompress())
            .use(async (c, next) => {
              c.header('cache-control', 'no-cache')
              c.header('vary', 'origin')
              await next()
            })
            .use(sseHono(hub, OPTIONS as never)).fetch,
        ),
    ],
  ]

  it.each(SERVERS)('%s does not compress the stream again, and the app’s vary is kept', async (_, start) => {
    const hub = testHub()
    const { origin } = await scoped(start(hub))
    const client = await ByteClient.open(`${origin}/leads/ada`)
    expect(client.response.headers['content-encoding']).toBe('gzip')
    expect(client.response.headers.vary?.toLowerCase()).toContain('origin')
    expect(client.response.headers.vary?.toLowerCase()).toContain('accept-encoding')
    await eventually(() => client.bytes.byteLength > 0)
    await hub.publish('everyone', 'text', TEXT)
    await hub.drain()
    await eventually(() => client.isOver)
    expect(client.text).toContain(`data: ${JSON.stringify(TEXT)}\n\n`)
  })
})

describe('the option compression', () => {
  it('is refused unless gzip() made it, and for a stream with a source', () => {
    const hub = testHub()
    const options = { ...OPTIONS, compression: true } as never
    expect(() => sse(hub, options)).toThrow('compression must be made by gzip() of @sse/server/gzip')
    const sseUntyped = sse as (...given: unknown[]) => unknown
    expect(() => sseUntyped({ compression: gzip() }, async function* () {})).toThrow(
      "compression is an option of a hub's stream and of runs",
    )
    expect(() => gzip({ group: 'all' as never })).toThrow('gzip: group must be a function, not string')
  })
})
