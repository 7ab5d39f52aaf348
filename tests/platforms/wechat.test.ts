import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { defineStream, type } from '@sse/contract'
import { createHub } from '@sse/server'
import { sse } from '@sse/server/node'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { collect } from '../conformance/collect.ts'
import { PARSING } from '../conformance/parsing.ts'
import { RESPONSES } from '../conformance/responses.ts'
import { Script } from '../support/script-client.ts'
import { startScriptServer } from '../support/script-server.ts'
import { FakeWx, type WxQuirks } from './fake-wx.ts'
import { loadClient } from './load-mini-program.ts'

const closing: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

const scripts = await startScriptServer()
afterAll(() => scripts.close())

const platforms: [string, WxQuirks][] = [
  ['on a phone', { headerCase: 'title' }],
  ['in the developer tools', { isDeveloperTools: true }],
]

const long = createServer((req, res) => {
  res.writeHead(200, { 'content-type': 'text/event-stream' })
  res.end([PARSING[Number(req.url?.slice(1))]?.stream].flat().join(''))
})
await new Promise<void>((resolve) => long.listen(0, '127.0.0.1', resolve))
afterAll(() => long.close())
const longOrigin = `http://127.0.0.1:${(long.address() as AddressInfo).port}`

describe.each(platforms)('wechatTransport %s', (_, quirks) => {
  const { wechatTransport } = loadClient(new FakeWx(quirks))

  it.concurrent.for(PARSING)('reads a stream: $name', async ({ stream, events }, context) => {
    const chunks = typeof stream === 'string' ? [stream] : stream
    // What is too long for a URL is served by its number.
    const isLong = JSON.stringify(chunks).length > 10_000
    const number = PARSING.findIndex((one) => one.stream === stream)
    const url = isLong ? `${longOrigin}/${number}` : new Script(scripts.origin, [{ chunks }]).url
    const collected = await collect(wechatTransport, url)
    context.expect(collected.events).toEqual(events)
  })

  it.concurrent.for(RESPONSES)('checks a response: $name', async ({ response, outcome }, context) => {
    const { events, isOpened, end } = await collect(
      wechatTransport,
      new Script(scripts.origin, [response]).url,
    )
    // The developer tools do not give the status of a stream: it is read although it is not 200.
    if ('isDeveloperTools' in quirks && response.status && response.contentType === undefined) return
    context.expect(isOpened).toBe(outcome === 'open')
    context.expect(events).toEqual(outcome === 'open' ? [['message', 'a', '']] : [])
    const code = typeof end === 'string' ? end : end.code
    context.expect(code).toBe(outcome === 'ended' ? 'no_content' : outcome === 'open' ? 'dropped' : outcome)
  })
})

describe('wechatTransport', () => {
  const { wechatTransport } = loadClient(new FakeWx())

  it('sends the method, the headers, the body and the id to resume after', async () => {
    const script = new Script(scripts.origin, [{}])
    await collect(wechatTransport, script.url, {
      method: 'post',
      body: '{"a":1}',
      headers: { authorization: 'me' },
      lastEventId: 'é漢😀',
    })
    const [{ method, body, headers } = expect.fail()] = await script.seen()
    expect({ method, body }).toEqual({ method: 'POST', body: '{"a":1}' })
    expect(headers).toMatchObject({ accept: 'text/event-stream', authorization: 'me' })
    expect(Buffer.from(String(headers['last-event-id']), 'latin1').toString()).toBe('é漢😀')
  })

  it('follows a redirect', async () => {
    const target = new Script(scripts.origin, [{ chunks: ['data: there\n\n'] }])
    const redirect = { status: 302, headers: { location: target.url }, contentType: null }
    const { events } = await collect(wechatTransport, new Script(scripts.origin, [redirect]).url)
    expect(events).toEqual([['message', 'there', '']])
  })

  it('reports an unreachable server, and a connection that was reset, as network errors', async () => {
    const { end } = await collect(wechatTransport, 'http://127.0.0.1:1/')
    expect(end).toMatchObject({ code: 'network' })
    const script = new Script(scripts.origin, [{ chunks: ['data: a\n\n'], ending: 'hang' }])
    const reset = await collect(wechatTransport, script.url, {}, () => script.reset())
    expect(reset.events).toEqual([['message', 'a', '']])
    expect(reset.end).toMatchObject({ code: 'network' })
  })

  it('reports what a JSON refusal says, and when to retry', async () => {
    const body = JSON.stringify({ code: 'over_quota', message: 'Too many' })
    const headers = { 'retry-after': '3' }
    const response = { status: 429, contentType: 'application/json', headers, chunks: [body] }
    const { end } = await collect(wechatTransport, new Script(scripts.origin, [response]).url)
    expect(end).toMatchObject({
      status: 429,
      retryAfterMs: 3_000,
      cause: { code: 'over_quota', message: 'Too many' },
    })
  })

  it('reports a domain that is missing in the settings as option_invalid, which is not retried', async () => {
    const { end } = await collect(wechatTransport, 'https://unlisted.example/')
    expect(end).toMatchObject({
      code: 'option_invalid',
      message: 'connect: request:fail url not in domain list',
    })
  })

  it('reads the whole body at the end where no chunks are reported, as in WeChat for desktops', async () => {
    const client = loadClient(new FakeWx({ isDesktop: true }))
    const script = new Script(scripts.origin, [{ chunks: ['data: 漢', '字\n\n'] }])
    expect((await collect(client.wechatTransport, script.url)).events).toEqual([['message', '漢字', '']])
  })

  it.each([
    ['before base library 2.20.2', new FakeWx({ isOld: true }), {}],
    ['for a body that is not text', new FakeWx(), { body: new FormData() }],
    ['outside of a mini-program', undefined, {}],
  ])('throws option_invalid %s', async (_, wx, request) => {
    const collected = collect(loadClient(wx).wechatTransport, scripts.origin, request)
    await expect(collected).rejects.toMatchObject({ code: 'option_invalid' })
  })

  it('closes its connection when it is closed', async () => {
    const script = new Script(scripts.origin, [{ chunks: ['data: a\n\n'], ending: 'hang' }])
    const feed = loadClient(new FakeWx()).connect(script.url)
    await feed[Symbol.asyncIterator]().next()
    feed.close()
    await expect.poll(() => script.open()).toBe(0)
  })
})

describe('connect of @sse/client/wechat, without URL, fetch, TextDecoder and AbortController', () => {
  const counts = defineStream({ path: '/counts/:owner', events: { n: type<number>() } })
  const hub = createHub(counts)
  let origin: string
  beforeAll(async () => {
    const stream = sse(hub, {
      authorize: ({ params }) => `subscriber ${params.owner}`,
      channels: ({ params }) => params.owner,
      retryMs: 5,
    })
    const server = createServer((req: IncomingMessage, res) => stream(req, res))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    return async () => {
      await hub.close()
      server.closeAllConnections()
      server.close()
    }
  })

  function follow(owner: string) {
    const wx = new FakeWx()
    const client = loadClient(wx)
    const contract = client.defineStream({ path: '/counts/:owner', events: { n: client.type<number>() } })
    const feed = client.connect(contract, {
      baseUrl: `${origin}/`,
      params: { owner },
      url: (url) => `${url.href}?ticket=1`,
      reconnect: { jitterMs: 1 },
      onError: () => {},
    })
    closing.push(() => feed.close())
    const seen: number[] = []
    feed.on('n', (n) => seen.push(n))
    return { wx, feed, seen }
  }

  it('follows a stream and acknowledges over wx.request', async () => {
    const { wx, feed, seen } = follow('ada')
    await vi.waitFor(() => expect(feed.status.state).toBe('open'))
    const id = await hub.publish('ada', 'n', 1)
    await vi.waitFor(() => expect(seen).toEqual([1]))
    await feed.ack(id)
    expect(await hub.committed('subscriber ada')).toBe(id)
    expect(wx.requests.map(({ url }) => url)).toEqual([
      `${origin}/counts/ada?ticket=1`,
      `${origin}/counts/ada/ack?ticket=1`,
    ])
  })

  it('pauses while the app is hidden, and resumes without a loss when it is shown', async () => {
    const { wx, feed, seen } = follow('bob')
    await vi.waitFor(() => expect(feed.status.state).toBe('open'))
    await hub.publish('bob', 'n', 1)
    await vi.waitFor(() => expect(seen).toEqual([1]))
    wx.emit('AppHide')
    expect(feed.status).toMatchObject({ state: 'paused', reason: 'frozen' })
    await vi.waitFor(() => expect(hub.stats().connections).toBe(0))
    await hub.publish('bob', 'n', 2)
    wx.emit('AppShow')
    await vi.waitFor(() => expect(seen).toEqual([1, 2]))
    expect(feed.status.state).toBe('open')
  })

  it('reconnects when the network has changed, and stops watching the app when it is closed', async () => {
    const { wx, feed, seen } = follow('eve')
    await vi.waitFor(() => expect(feed.status.state).toBe('open'))
    await hub.publish('eve', 'n', 1)
    await vi.waitFor(() => expect(seen).toEqual([1]))
    wx.emit('NetworkStatusChange', { isConnected: false })
    wx.emit('NetworkStatusChange', { isConnected: true })
    await vi.waitFor(() => expect(wx.requests).toHaveLength(2))
    await hub.publish('eve', 'n', 2)
    await vi.waitFor(() => expect(seen).toEqual([1, 2]))
    feed.close()
    expect(['AppShow', 'AppHide', 'NetworkStatusChange'].map((name) => wx.listeners(name))).toEqual([0, 0, 0])
  })

  it('needs an absolute URL, or a baseUrl', () => {
    const { connect } = loadClient(new FakeWx())
    expect(() => connect('/counts/ada')).toThrowError(expect.objectContaining({ code: 'option_invalid' }))
  })
})
