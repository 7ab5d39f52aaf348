import { defineStream, type } from '@sse/contract'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { connectWith } from '../feed/connect.ts'
import { fetchTransport } from '../transport/fetch-transport.ts'
import { RELEASE_DELAY_MS } from './connection-pool.ts'
import { feedPool } from './feed-pool.ts'
import { CONNECTING } from './pooled-feed.ts'
import type { UseStreamOptions } from './use-stream-options.ts'

const room = defineStream({ path: '/room/:name', events: { n: type<number>() } })
const connect = connectWith(fetchTransport)
const pool = feedPool(connect)

/** A `fetch` that answers with streams the test writes to. */
function streams() {
  const opened: { url: string; authorization: string | null; body: unknown; send(text: string): void }[] = []
  let open = 0
  const respond: typeof fetch = async (url, init) => {
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        open += 1
        init?.signal?.addEventListener('abort', () => {
          open -= 1
          controller.error(init.signal?.reason)
        })
        const encoder = new TextEncoder()
        opened.push({
          url: String(url),
          authorization: new Headers(init?.headers).get('authorization'),
          body: init?.body,
          send: (text) => controller.enqueue(encoder.encode(text)),
        })
      },
    })
    return new Response(body, { headers: { 'content-type': 'text/event-stream' } })
  }
  return { opened, open: () => open, fetch: respond }
}

let name = 0
let server = streams()
const withServer = (options: UseStreamOptions) => ({
  baseUrl: 'http://test',
  params: { name: `${name}` },
  fetch: server.fetch,
  ...options,
})
const follow = (options: UseStreamOptions = {}) => pool.feed(room, withServer(options))
const settle = () => vi.advanceTimersByTimeAsync(0)

beforeEach(() => {
  vi.useFakeTimers()
  name += 1
  server = streams()
})
afterEach(() => vi.useRealTimers())

/** A component that renders again with new options, as hooks do it. */
function component(options: UseStreamOptions = {}) {
  let feed = follow(options)
  let release = feed.retain()
  return {
    get feed() {
      return feed
    },
    render(options: UseStreamOptions) {
      const next = pool.next(feed, room, withServer(options))
      next.update(withServer(options))
      if (next === feed) return
      const releaseOld = release
      feed = next
      release = next.retain()
      releaseOld()
    },
    unmount: () => release(),
  }
}

let lastNumber = 0
const nextNumber = () => {
  lastNumber += 1
  return lastNumber
}
const filtered = (filter: string) => (url: URL) => {
  url.searchParams.set('filter', filter)
  return url
}
const urls = () => server.opened.map(({ url }) => url.replace(/.*\?/, '?'))

describe('a pooled feed', () => {
  it('connects when it is first listened to, once for all feeds with the same target and options', async () => {
    const [one, two] = [follow(), follow()]
    await settle()
    expect(server.opened).toEqual([])
    expect(one.status).toBe(CONNECTING)
    const seen: string[] = []
    one.on('n', (n) => seen.push(`one ${n}`))
    two.on('n', (n) => seen.push(`two ${n}`))
    await settle()
    expect(server.opened).toHaveLength(1)
    server.opened[0]?.send('event: n\nid: a\ndata: 1\n\n')
    await settle()
    expect(seen).toEqual(['one 1', 'two 1'])
    expect([one.status.state, two.lastEventId]).toEqual(['open', 'a'])
  })

  it('closes its connection a second after its last use, and reuses it until then', async () => {
    const feed = follow()
    feed.retain()()
    await vi.advanceTimersByTimeAsync(RELEASE_DELAY_MS - 1)
    const release = feed.retain()
    await vi.advanceTimersByTimeAsync(RELEASE_DELAY_MS * 2)
    expect([server.opened.length, server.open()]).toEqual([1, 1])
    release()
    release()
    await vi.advanceTimersByTimeAsync(RELEASE_DELAY_MS)
    expect(server.open()).toBe(0)
    expect(feed.status).toBe(CONNECTING)
  })

  it('opens a new connection for the next user after the stream has ended', async () => {
    const feed = follow()
    const release = feed.retain()
    await settle()
    server.opened[0]?.send('event: sse.end\ndata:\n\n')
    await settle()
    expect(feed.status).toEqual({ state: 'closed', reason: 'ended' })
    release()
    feed.retain()
    await settle()
    expect(server.opened).toHaveLength(2)
  })

  it('opens no connection while it is not enabled', async () => {
    const feed = follow({ enabled: false })
    feed.on('n', () => {})
    feed.retain()()
    await settle()
    expect(feed.status).toEqual({ state: 'closed', reason: 'closed' })
    expect(server.opened).toEqual([])
    await expect(feed.ack('a')).rejects.toMatchObject({ code: 'network' })
    expect(await feed[Symbol.asyncIterator]().next()).toEqual({ done: true, value: undefined })
  })

  it('reports the delay that the server requested, and 0 before', async () => {
    const feed = follow()
    expect([feed.retryMs, feed.dropped]).toEqual([0, 0])
    feed.retain()
    await settle()
    server.opened[0]?.send('retry: 1234\n\n')
    await settle()
    expect(feed.retryMs).toBe(1_234)
  })

  it('removes a listener with off(), and no listener of another feed', async () => {
    const [one, two] = [follow(), follow()]
    const listener = vi.fn()
    const other = vi.fn()
    one.on('n', listener)
    one.on('n', other)
    two.on('n', listener)
    one.off('n', listener)
    await settle()
    server.opened[0]?.send('event: n\ndata: 1\n\n')
    await settle()
    expect([listener.mock.calls.length, other.mock.calls.length]).toEqual([1, 1])
    one.off('n', other)
    two.off('n', listener)
    await vi.advanceTimersByTimeAsync(RELEASE_DELAY_MS)
    expect(server.open()).toBe(0)
  })

  it('iterates over events, and holds the connection until the loop ends', async () => {
    const feed = follow()
    const seen: unknown[] = []
    const loop = (async () => {
      for await (const { event, payload, id } of feed) {
        seen.push([event, payload, id])
        if (seen.length === 2) break
      }
    })()
    await settle()
    server.opened[0]?.send('id: a\nevent: n\ndata: 1\n\nid: b\nevent: n\ndata: 2\n\n')
    await settle()
    await loop
    expect(seen).toEqual([
      ['n', 1, 'a'],
      ['n', 2, 'b'],
    ])
    await vi.advanceTimersByTimeAsync(RELEASE_DELAY_MS)
    expect(server.open()).toBe(0)
  })

  it('throws the error that closed the stream in its loops', async () => {
    const refuse: typeof fetch = async () => new Response(null, { status: 403 })
    const feed = follow({ fetch: refuse, onError() {} })
    await expect(feed[Symbol.asyncIterator]().next()).rejects.toMatchObject({ status: 403 })
  })
})

describe('close()', () => {
  it('closes the connection at once if no other feed uses it, and ends listeners and loops', async () => {
    const feed = follow()
    const states: string[] = []
    feed.onStatus(({ state }) => states.push(state))
    const next = feed[Symbol.asyncIterator]().next()
    await settle()
    expect(server.open()).toBe(1)
    feed.close()
    expect(server.open()).toBe(0)
    expect(await next).toEqual({ done: true, value: undefined })
    feed.close()
    expect(states).toEqual(['connecting', 'open', 'closed'])
    expect(feed.status).toEqual({ state: 'closed', reason: 'closed' })
    feed.on('n', () => {})
    await settle()
    expect(server.opened).toHaveLength(1)
  })

  it('leaves the connection to other feeds', async () => {
    const seen: number[] = []
    const other = follow()
    other.on('n', (n) => seen.push(n))
    {
      using feed = follow()
      feed.on('n', () => seen.push(-1))
    }
    await vi.advanceTimersByTimeAsync(RELEASE_DELAY_MS)
    server.opened[0]?.send('event: n\ndata: 1\n\n')
    await settle()
    expect(seen).toEqual([1])
    expect([server.opened.length, server.open()]).toEqual([1, 1])
  })

  it('reports an error thrown by a status listener, and continues', () => {
    const report = vi.spyOn(console, 'error').mockImplementation(() => {})
    const feed = follow()
    const listener = vi.fn()
    feed.onStatus(() => {
      throw new Error('no')
    })
    feed.onStatus(listener)
    feed.close()
    expect(listener).toHaveBeenCalledTimes(1)
    report.mockRestore()
  })
})

describe('a component that renders with new functions', () => {
  it('calls the latest functions without reconnecting', async () => {
    const user = component({ headers: () => ({ authorization: 'old' }), reconnect: { jitterMs: 0 } })
    const { feed } = user
    user.render({ headers: () => ({ authorization: 'new' }), reconnect: { jitterMs: 0 } })
    await settle()
    expect(server.opened.map(({ authorization }) => authorization)).toEqual(['new'])
    expect(user.feed).toBe(feed)
  })

  it('keeps its connection while `url` returns the same URL', async () => {
    const user = component({ url: filtered('a') })
    for (let n = 0; n < 100; n += 1) {
      user.render({ url: filtered('a') })
      await settle()
    }
    expect(urls()).toEqual(['?filter=a'])
  })

  it('reconnects when `url` returns another URL', async () => {
    const user = component({ url: filtered('a') })
    await settle()
    user.render({ url: filtered('b') })
    await vi.advanceTimersByTimeAsync(RELEASE_DELAY_MS)
    expect([urls(), server.open()]).toEqual([['?filter=a', '?filter=b'], 1])
  })

  it('reconnects when `body` returns another body', async () => {
    const user = component({ method: 'POST', body: () => new URLSearchParams({ filter: 'a' }) })
    await settle()
    user.render({ method: 'POST', body: () => new URLSearchParams({ filter: 'a' }) })
    user.render({ method: 'POST', body: () => new URLSearchParams({ filter: 'b' }) })
    await settle()
    expect(server.opened.map(({ body }) => String(body))).toEqual(['filter=a', 'filter=b'])
  })

  it.each<[string, () => (url: URL) => string]>([
    ['a counter', () => (url) => `${url}?n=${nextNumber()}`],
    ['a random number', () => (url) => `${url}?n=${Math.random()}`],
    ['the time', () => (url) => `${url}?n=${performance.now()}`],
  ])('does not reconnect in a loop when `url` adds %s', async (_, url) => {
    vi.useRealTimers()
    const user = component({ url: url() })
    for (let n = 0; n < 100; n += 1) user.render({ url: url() })
    await new Promise((resolve) => setTimeout(resolve, 5))
    expect(server.opened).toHaveLength(1)
    user.feed.close()
  })

  it('calls an asynchronous `url` once more than the connection does, however often it renders', async () => {
    const ticket = vi.fn(async (url: URL) => `${url}?ticket=1`)
    const user = component({ url: (url) => ticket(url) })
    for (let n = 0; n < 100; n += 1) user.render({ url: (url) => ticket(url) })
    await settle()
    expect(server.opened).toHaveLength(1)
    expect(ticket).toHaveBeenCalledTimes(2)
  })

  it('reconnects for another `shareKey`, which stands for what an asynchronous function reads', async () => {
    const url = (filter: string) => async (url: URL) => filtered(filter)(url)
    const user = component({ url: url('a'), shareKey: 'a' })
    await settle()
    user.render({ url: url('a'), shareKey: 'a' })
    user.render({ url: url('b'), shareKey: 'b' })
    await settle()
    expect(urls()).toEqual(['?filter=a', '?filter=b'])
  })

  it('opens a separate connection when another component uses the old functions', async () => {
    const ada = () => ({ authorization: 'ada' })
    const [one, two] = [component({ headers: ada }), component({ headers: ada })]
    await settle()
    two.render({ headers: () => ({ authorization: 'ben' }) })
    await settle()
    expect(server.opened.map(({ authorization }) => authorization)).toEqual(['ada', 'ben'])
    expect(one.feed.status.state).toBe('open')
  })
})

describe('two components', () => {
  /** Number of connections that two components with these options open. */
  async function connections(one: UseStreamOptions, two: UseStreamOptions): Promise<number> {
    const feeds = [component(one).feed, component(two).feed]
    await settle()
    for (const feed of feeds) feed.close()
    return server.opened.length
  }
  const headers = () => ({ authorization: 'Bearer x' })
  const transport = (...args: Parameters<typeof fetchTransport>) => fetchTransport(...args)

  it.each<[string, () => [UseStreamOptions, UseStreamOptions]]>([
    [
      'equal values in any order',
      () => [
        { baseUrl: 'http://test', reconnect: { jitterMs: 1, maxJitterMs: 2 } },
        { reconnect: { maxJitterMs: 2, jitterMs: 1 }, baseUrl: 'http://test' },
      ],
    ],
    ['no `enabled` and `enabled: true`', () => [{}, { enabled: true }]],
    ['equal headers', () => [{ headers: { a: 'b' } }, { headers: { a: 'b' } }]],
    ['the same headers function', () => [{ headers }, { headers }]],
    [
      'inline `url` functions that return the same URL',
      () => [{ url: filtered('a') }, { url: filtered('a') }],
    ],
    [
      'inline `body` functions that return the same text',
      () => [
        { method: 'POST', body: () => 'a' },
        { method: 'POST', body: () => 'a' },
      ],
    ],
    [
      'equal form bodies',
      () => {
        const form = () => {
          const data = new FormData()
          data.set('a', 'b')
          return { method: 'POST', body: data }
        }
        return [form(), form()]
      },
    ],
    ['inline callbacks', () => [{ onError: () => {} }, { onError: () => {} }]],
    [
      'inline headers functions that return equal headers',
      () => [{ headers: () => headers() }, { headers: () => headers() }],
    ],
    [
      'asynchronous headers functions with the same `shareKey`',
      () => [
        { headers: async () => headers(), shareKey: 'ada' },
        { headers: async () => headers(), shareKey: 'ada' },
      ],
    ],
    [
      'stores with the same key',
      () => [
        { lastEventId: { key: 'a', load: () => undefined, save() {} } },
        { lastEventId: { key: 'a', load: () => undefined, save() {} } },
      ],
    ],
  ])('share one connection with %s', async (_, options) => {
    expect(await connections(...options())).toBe(1)
  })

  it.each<[string, () => [UseStreamOptions & { params?: object }, UseStreamOptions & { params?: object }]]>([
    ['other parameters', () => [{ params: { name: '1' } }, { params: { name: '2' } }]],
    ['other headers', () => [{ headers: { a: 'b' } }, { headers: { a: 'c' } }]],
    ['headers and a headers function', () => [{ headers: headers() }, { headers }]],
    [
      'headers functions that return other headers',
      () => [{ headers: () => ({ authorization: 'ada' }) }, { headers: () => ({ authorization: 'ben' }) }],
    ],
    [
      'inline asynchronous headers functions',
      () => [{ headers: async () => headers() }, { headers: async () => headers() }],
    ],
    ['`url` functions that return other URLs', () => [{ url: filtered('a') }, { url: filtered('b') }]],
    [
      '`url` functions that return other URLs, even with the same `shareKey`',
      () => [
        { url: filtered('a'), shareKey: 'ada' },
        { url: filtered('b'), shareKey: 'ada' },
      ],
    ],
    [
      'inline asynchronous `url` functions',
      () => [{ url: async (url) => filtered('a')(url) }, { url: async (url) => filtered('a')(url) }],
    ],
    [
      '`body` functions that return other bodies',
      () => [
        { method: 'POST', body: () => 'a' },
        { method: 'POST', body: () => 'b' },
      ],
    ],
    [
      'a form and a query with the same fields',
      () => {
        const form = new FormData()
        form.set('a', 'b')
        return [
          { method: 'POST', body: form },
          { method: 'POST', body: new URLSearchParams({ a: 'b' }) },
        ]
      },
    ],
    [
      'binary bodies',
      () => [
        { method: 'POST', body: new Blob(['a']) },
        { method: 'POST', body: new Blob(['a']) },
      ],
    ],
    [
      'other `fetch` functions',
      () => [{ fetch: (...args) => server.fetch(...args) }, { fetch: (...args) => server.fetch(...args) }],
    ],
    ['other credentials', () => [{ credentials: 'omit' }, { credentials: 'include' }]],
    ['other transports', () => [{}, { transport }]],
    ['another `shareKey`', () => [{ shareKey: 'ada' }, { shareKey: 'ben' }]],
    [
      'stores with other keys',
      () => [
        { lastEventId: { key: 'a', load: () => undefined, save() {} } },
        { lastEventId: { key: 'b', load: () => undefined, save() {} } },
      ],
    ],
    [
      'stores without a key',
      () => [
        { lastEventId: { load: () => undefined, save() {} } },
        { lastEventId: { load: () => undefined, save() {} } },
      ],
    ],
  ])('open two connections with %s', async (_, options) => {
    expect(await connections(...options())).toBe(2)
  })

  it('do not share a connection if the `url` function of one throws', async () => {
    const one = component({ url: filtered('a') })
    const two = component({
      url: () => {
        throw new Error('no')
      },
      onError() {},
    })
    await settle()
    expect([urls(), one.feed.status.state, two.feed.status.state]).toEqual([['?filter=a'], 'open', 'waiting'])
    two.feed.close()
  })

  it('open two connections for other targets', async () => {
    const options = withServer({})
    const feeds = [room, { ...room }, '/room/1'].map((target) => pool.feed(target as typeof room, options))
    for (const feed of feeds) feed.retain()
    await settle()
    expect(server.opened).toHaveLength(3)
    for (const feed of feeds) feed.close()
  })

  it('open two connections through other `connect` functions, and one through the same', async () => {
    expect(feedPool(connect)).toBe(pool)
    const other = feedPool(connectWith(fetchTransport)).feed(room, withServer({}))
    const feeds = [follow(), follow(), other]
    for (const feed of feeds) feed.retain()
    await settle()
    expect(server.opened).toHaveLength(2)
    for (const feed of feeds) feed.close()
  })
})
