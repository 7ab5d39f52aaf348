import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { defineStream, type } from '@sse/contract'
import { createHub } from '@sse/server'
import { sse } from '@sse/server/node'
import { afterAll, describe, expect, it, vi } from 'vitest'
import { collect } from '../conformance/collect.ts'
import { PARSING } from '../conformance/parsing.ts'
import { RESPONSES } from '../conformance/responses.ts'
import { Script } from '../support/script-client.ts'
import { startScriptServer } from '../support/script-server.ts'
import { loadReactNative } from './load-react-native.ts'

const scripts = await startScriptServer()
afterAll(() => scripts.close())
const { client, networking } = loadReactNative()
const { xhrTransport } = client

describe('xhrTransport on React Native’s own XMLHttpRequest', () => {
  // Invalid UTF-8 is decoded by the system, each in its way.
  const cases = PARSING.filter(
    ({ name, stream }) => stream.length < 10_000 && !name.includes('not valid UTF-8'),
  )
  it.concurrent.for(cases)('reads a stream: $name', async ({ stream, events }, context) => {
    const chunks = typeof stream === 'string' ? [stream] : stream
    const collected = await collect(xhrTransport, new Script(scripts.origin, [{ chunks }]).url)
    context.expect(collected.events).toEqual(events)
  })

  it.concurrent.for(RESPONSES)('checks a response: $name', async ({ response, outcome }, context) => {
    const { events, isOpened, end } = await collect(xhrTransport, new Script(scripts.origin, [response]).url)
    context.expect(isOpened).toBe(outcome === 'open')
    context.expect(events).toEqual(outcome === 'open' ? [['message', 'a', '']] : [])
    const code = typeof end === 'string' ? end : end.code
    context.expect(code).toBe(outcome === 'ended' ? 'no_content' : outcome === 'open' ? 'dropped' : outcome)
  })

  it('reports an event as soon as it has arrived', async () => {
    const script = new Script(scripts.origin, [{ chunks: ['data: a\n\n'], ending: 'hang' }])
    const feed = client.connect(script.url, { transport: xhrTransport })
    expect(await feed[Symbol.asyncIterator]().next()).toMatchObject({ value: { payload: 'a' } })
    feed.close()
    await expect.poll(() => script.open()).toBe(0)
  })

  it('sends the method, the headers, the body and the id to resume after', async () => {
    const script = new Script(scripts.origin, [{}])
    const headers = { authorization: 'me' }
    await collect(xhrTransport, script.url, { method: 'POST', body: '{"a":1}', headers, lastEventId: '7' })
    expect(await script.seen()).toMatchObject([
      {
        method: 'POST',
        body: '{"a":1}',
        headers: { ...headers, accept: 'text/event-stream', 'last-event-id': '7' },
      },
    ])
  })

  it('sends cookies unless credentials are omitted', async () => {
    const before = networking.queries.length
    for (const credentials of [undefined, 'include', 'omit'] as const) {
      await collect(xhrTransport, new Script(scripts.origin, [{}]).url, { credentials })
    }
    expect(networking.queries.slice(before).map(({ withCredentials }) => withCredentials)).toEqual([
      true,
      true,
      false,
    ])
  })

  it('does not read the message of an error, which React Native puts in responseText, as events', async () => {
    const { end, events } = await collect(xhrTransport, 'http://127.0.0.1:1/')
    expect(end).toMatchObject({ code: 'network', cause: { message: 'Could not connect to the server.' } })
    expect(events).toEqual([])
    const script = new Script(scripts.origin, [{ chunks: ['data: a\n\n'], ending: 'hang' }])
    const reset = await collect(xhrTransport, script.url, {}, () => script.reset())
    expect(reset.events).toEqual([['message', 'a', '']])
    expect(reset.end).toMatchObject({ code: 'network' })
  })

  const long = { paddingBytes: 4 * 1024 * 1024 + 100 }

  it('reopens a response after 4 Mi characters if it has an id to resume after', async () => {
    const script = new Script(scripts.origin, [{ chunks: ['id: 7\ndata: a\n\n:'], ...long, ending: 'hang' }])
    const { end, lastEventId } = await collect(xhrTransport, script.url)
    expect({ end, lastEventId }).toMatchObject({ end: { code: 'dropped' }, lastEventId: '7' })
    await expect.poll(() => script.open()).toBe(0)
  })

  it.each([
    ['without an id', { chunks: ['data: a\n\n:'] }, {}],
    ['to a POST', { chunks: ['id: 7\ndata: a\n\n:'] }, { method: 'POST' }],
  ])('reads a response %s to its end, however long it is', async (_, response, request) => {
    const server = createServer((_req, res) => {
      res.writeHead(200, { 'content-type': 'text/event-stream' })
      res.write(response.chunks[0])
      res.end(`${'x'.repeat(long.paddingBytes)}\n\ndata: last\n\n`)
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
    const { events } = await collect(xhrTransport, url, request)
    expect(events.map(([, data]) => data)).toEqual(['a', 'last'])
    server.close()
  })

  it('reports what a JSON refusal says, and when to retry', async () => {
    const body = JSON.stringify({ code: 'over_quota', message: 'Too many' })
    const headers = { 'retry-after': '3' }
    const response = { status: 429, contentType: 'application/json', headers, chunks: [body] }
    const { end } = await collect(xhrTransport, new Script(scripts.origin, [response]).url)
    expect(end).toMatchObject({
      status: 429,
      retryAfterMs: 3_000,
      cause: { code: 'over_quota', message: 'Too many' },
    })
  })

  it('follows a hub with React Native’s URL, and acknowledges with its fetch', async () => {
    const counts = defineStream({ path: '/counts', events: { n: type<number>() } })
    const hub = createHub(counts)
    const server = createServer(sse(hub, { authorize: () => 'subscriber ada', channels: 'all', retryMs: 5 }))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const contract = client.defineStream({ path: '/counts', events: { n: client.type<number>() } })
    const feed = client.connect(contract, { baseUrl, transport: xhrTransport, reconnect: { jitterMs: 1 } })
    const seen: number[] = []
    feed.on('n', (n) => seen.push(n))
    await vi.waitFor(() => expect(feed.status.state).toBe('open'))
    await hub.publish('all', 'n', 1)
    await vi.waitFor(() => expect(seen).toEqual([1]))
    server.closeAllConnections()
    const id = await hub.publish('all', 'n', 2)
    await vi.waitFor(() => expect(seen).toEqual([1, 2]))
    await feed.ack(id)
    expect(await hub.committed('subscriber ada')).toBe(id)
    feed.close()
    await vi.waitFor(() => expect(hub.stats().connections).toBe(0))
    await hub.close()
    server.close()
  })
})
