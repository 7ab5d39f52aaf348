import { type ConnectOptions, connect, fetchTransport, singleFlight } from '@sse/client'
import { tabsTransport } from '@sse/client/tabs'
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { type RunningServer, serve } from '../support/node-server.ts'

/** A server that lets in who has the token, sends what it is told to, and has no ids. */
let server: RunningServer
let token = 'first'
let requests: (string | undefined)[] = []
let send: ((text: string) => void)[] = []
let end: (() => void)[] = []
let responses = new Set<unknown>()
const feeds: Disposable[] = []

beforeEach(async () => {
  token = 'first'
  requests = []
  send = []
  end = []
  const open = new Set<unknown>()
  responses = open
  server = await serve((req, res) => {
    requests.push(req.headers.authorization)
    if (req.headers.authorization !== `Bearer ${token}`) return void res.writeHead(401).end()
    open.add(res)
    res.once('close', () => open.delete(res))
    res.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: hello\n\n')
    send.push((text) => res.write(`data: ${text}\n\n`))
    end.push(() => res.end())
  })
})
afterEach(async () => {
  for (const feed of feeds.splice(0)) feed[Symbol.dispose]()
  await server[Symbol.asyncDispose]()
})

const until = (isSo: () => boolean) => vi.waitUntil(isSo, { timeout: 10_000, interval: 2 })
function follow(options: ConnectOptions = {}) {
  const feed = connect(server.origin, {
    headers: () => ({ authorization: `Bearer ${token}` }),
    transport: tabsTransport(fetchTransport, { key: 'ada', fromNow: true }),
    reconnect: { jitterMs: 1, maxJitterMs: 5 },
    onError: () => {},
    ...options,
  })
  feeds.push(feed)
  const seen: unknown[] = []
  feed.on('message', (data) => seen.push(data))
  return { feed, seen, isOpen: () => until(() => feed.status.state === 'open') }
}

describe('a token of the tabs', () => {
  it('is requested again by a tab that becomes leader later', async () => {
    const leader = follow()
    await leader.isOpen()
    const next = follow()
    await next.isOpen()
    token = 'second'
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 60_000 })
    onTestFinished(() => void vi.useRealTimers())
    leader.feed.close()
    await until(() => requests.length === 2)
    expect(requests).toEqual(['Bearer first', 'Bearer second'])
  })

  it('that has expired is refreshed once for all tabs', async () => {
    let refreshed = 0
    let mine = 'first'
    const options = {
      headers: () => ({ authorization: `Bearer ${mine}` }),
      refresh: singleFlight('share-requests', async () => {
        refreshed += 1
        await (await fetch(server.origin)).text()
        mine = token
      }),
    }
    const tabs = [follow(options), follow(options), follow(options)]
    for (const { isOpen } of tabs) await isOpen()
    token = 'second'
    end[0]?.()
    await until(() => requests.at(-1) === 'Bearer second')
    for (const { isOpen } of tabs) await isOpen()
    expect(refreshed).toBe(1)
    expect(responses.size).toBe(1)
    send.at(-1)?.('again')
    for (const { seen } of tabs) await until(() => seen.at(-1) === 'again')
  })
})

describe('a shared stream without ids', () => {
  it('gives a later tab a connection of its own, with what the server sends newcomers', async () => {
    const transport = tabsTransport(fetchTransport, { key: 'ada' })
    const first = follow({ transport })
    await until(() => first.seen.length === 1)
    const second = follow({ transport })
    await until(() => second.seen.length === 1)
    expect(responses.size).toBe(2)
  })

  it('is shared from now on with fromNow', async () => {
    const first = follow()
    await until(() => first.seen.length === 1)
    const second = follow()
    await second.isOpen()
    send[0]?.('news')
    await until(() => second.seen.length === 1)
    expect(second.seen).toEqual(['news'])
    expect(requests).toHaveLength(1)
  })
})

it('attempts are counted and given up as without sharing', async () => {
  let attempts = 0
  const options: ConnectOptions = {
    reconnect: { jitterMs: 1, maxJitterMs: 2, maxAttempts: 3 },
    fetch: async () => {
      attempts += 1
      throw new Error('no network')
    },
  }
  const { feed } = follow(options)
  await until(() => feed.status.state === 'closed')
  expect(feed.status).toMatchObject({ reason: 'error', error: { code: 'network' } })
  expect(attempts).toBe(4)
})

it.each([
  ['no Web Locks', () => vi.stubGlobal('navigator', {})],
  ['no BroadcastChannel', () => vi.stubGlobal('BroadcastChannel', undefined)],
])('with %s, each tab has its own connection', async (_, remove) => {
  remove()
  onTestFinished(() => void vi.unstubAllGlobals())
  const tabs = [follow(), follow()]
  for (const { isOpen } of tabs) await isOpen()
  expect(responses.size).toBe(2)
})

it('a request whose body cannot be compared has its own connection', async () => {
  const tabs = [0, 1].map(() => follow({ method: 'POST', body: new Blob(['question']) }))
  for (const { isOpen } of tabs) await isOpen()
  expect(responses.size).toBe(2)
})

it('an invalid hungAfterMs throws option_invalid', () => {
  expect(() => tabsTransport(fetchTransport, { hungAfterMs: 0 })).toThrow(
    expect.objectContaining({ code: 'option_invalid' }),
  )
})

describe('events without an id in a shared stream', () => {
  const streamOf = (text: string) =>
    new Response(
      new ReadableStream({ start: (controller) => controller.enqueue(new TextEncoder().encode(text)) }),
      { headers: { 'content-type': 'text/event-stream' } },
    )
  const options = { transport: tabsTransport(fetchTransport, { key: 'ids' }) }

  it('reach a tab that resumes from the id before them', async () => {
    const fetch = vi.fn(async () => streamOf('id: 1\ndata: 1\n\ndata: a\n\ndata: b\n\nid: 2\ndata: 2\n\n'))
    const leader = follow({ ...options, fetch: fetch as never })
    await until(() => leader.seen.length === 4)
    const late = follow({ ...options, fetch: fetch as never, lastEventId: '1' })
    await until(() => late.seen.length === 3)
    expect(late.seen).toEqual(['a', 'b', '2'])
    expect(fetch).toHaveBeenCalledOnce()
  })

  it('are not repeated for a tab that had them over a connection of its own', async () => {
    const fetch = vi.fn(async (_: unknown, init: RequestInit) =>
      new Headers(init.headers).get('last-event-id') === 'old'
        ? streamOf('id: 1\ndata: 1\n\ndata: a\n\n')
        : streamOf('id: 1\ndata: 1\n\ndata: a\n\ndata: b\n\n'),
    )
    const leader = follow({ ...options, fetch: fetch as never })
    await until(() => leader.seen.length === 3)
    const late = follow({ ...options, fetch: fetch as never, lastEventId: 'old' })
    await until(() => late.seen.length === 2)
    await new Promise((resolve) => setTimeout(resolve, 50))
    // It follows again once an event with an id shows where it is.
    expect(late.seen).toEqual(['1', 'a'])
    expect(late.feed.lastEventId).toBe('1')
  })
})
