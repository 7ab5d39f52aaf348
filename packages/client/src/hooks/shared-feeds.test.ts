import { defineStream, type } from '@sse/contract'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { CONNECTING, RELEASE_DELAY_MS, type SharedOptions, shareFeed, shareKey } from './shared-feeds.ts'

const room = defineStream({ path: '/room/:name', events: { n: type<number>() } })

/** A `fetch` that answers with streams the test writes to. */
function streams() {
  const opened: { url: string; authorization: string | null; send(text: string): void }[] = []
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
const follow = (options: SharedOptions = {}) =>
  shareFeed(room, { baseUrl: 'http://test', params: { name: `${name}` }, fetch: server.fetch, ...options })
const settle = () => vi.advanceTimersByTimeAsync(0)

beforeEach(() => {
  vi.useFakeTimers()
  name += 1
  server = streams()
})
afterEach(() => vi.useRealTimers())

describe('feeds that are shared', () => {
  it('connect when one is listened to, once for all of the same target and options', async () => {
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

  it('close a while after the last user has left, and stay for one who comes back before', async () => {
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

  it('that have ended are opened anew by the next user', async () => {
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

  it('ask the latest functions, and do not reconnect for them', async () => {
    const feed = follow({ headers: () => ({ authorization: 'old' }), reconnect: { minDelayMs: 1 } })
    feed.retain()
    feed.update({ fetch: server.fetch, headers: () => ({ authorization: 'new' }) })
    await settle()
    expect(server.opened.map(({ authorization }) => authorization)).toEqual(['new'])
  })

  it('connect nothing while they are not enabled', async () => {
    const feed = follow({ enabled: false })
    feed.on('n', () => {})
    feed.retain()()
    await settle()
    expect(feed.status).toEqual({ state: 'closed', reason: 'closed' })
    expect(server.opened).toEqual([])
  })
})

describe('the key of a connection', () => {
  it('is that of the values, in whatever order, and not that of the functions', () => {
    const one = { baseUrl: 'http://test', headers: () => ({}), reconnect: { minDelayMs: 1, maxDelayMs: 2 } }
    const two = { reconnect: { maxDelayMs: 2, minDelayMs: 1 }, headers: () => ({}), baseUrl: 'http://test' }
    expect(shareKey(room, one)).toBe(shareKey(room, { ...two, enabled: true }))
  })

  it('is that of where an id is kept: two stores of one name are one, others are not', () => {
    const store = (key?: string) => ({ ...(key && { key }), load: () => undefined, save() {} })
    const keys = [store('a'), store('a'), store('b'), store(), store()].map((lastEventId) =>
      shareKey(room, { lastEventId }),
    )
    expect(keys[0]).toBe(keys[1])
    expect(new Set(keys).size).toBe(4)
  })

  it('is another for another contract, parameter, header, body, transport, user, or when off', () => {
    const transport = () => ({ close() {} })
    const differing: (SharedOptions & { params?: object })[] = [
      {},
      { params: { name: '1' } },
      { headers: { a: 'b' } },
      { headers: () => ({}) },
      { body: 'a' },
      { body: new URLSearchParams({ a: 'b' }) },
      { body: new FormData() },
      { transport },
      { shareKey: 'ada' },
      { enabled: false },
    ]
    const keys = differing.map((options) => shareKey(room, options))
    expect(new Set([...keys, shareKey('/room/1'), shareKey({ ...room })]).size).toBe(keys.length + 2)
  })
})
