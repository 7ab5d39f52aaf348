import { type ConnectOptions, connect, type Feed } from '@sse/client'
import { type FakeServer, fakeServer } from '@sse/testing'
import { type FakeClock, fakeClock } from '@sse/testing/clock'
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { leads } from './leads.ts'

let clock: FakeClock
let server: FakeServer<typeof leads>
const feeds: Disposable[] = []
beforeEach(() => {
  clock = fakeClock()
  server = fakeServer(leads)
})
afterEach(() => {
  for (const feed of feeds.splice(0)) feed[Symbol.dispose]()
  server.close()
  clock.restore()
})

function follow(options: ConnectOptions = {}, owner = 'ada') {
  const seen: unknown[] = []
  const feed = connect(leads, {
    baseUrl: 'http://test',
    params: { owner },
    fetch: server.fetch,
    onError: () => {},
    ...options,
  })
  feeds.push(feed)
  feed.on('lead', ({ title }) => seen.push(title))
  feed.on('count', (count) => seen.push(count))
  feed.on('gap', ({ reason }) => seen.push(reason))
  return { feed, seen }
}

const state = (feed: Pick<Feed<unknown>, 'status'>) => feed.status.state

describe('a connection', () => {
  it('reconnects after its delay when it was dropped, and receives the events it missed', async () => {
    const { feed, seen } = follow()
    await server.connected()
    server.send('lead', { id: '1', title: 'Ada' })
    await clock.advance(0)
    server.drop()
    server.send('count', 2)
    await clock.advance(0)
    expect([state(feed), seen]).toEqual(['waiting', ['Ada']])
    const { retryAt = 0 } = feed.status as { retryAt?: number }
    await clock.advance(retryAt - clock.now - 1)
    expect(server.connections).toHaveLength(0)
    await clock.advance(1)
    expect([state(feed), seen]).toEqual(['open', ['Ada', 2]])
    expect(server.requests.map(({ lastEventId }) => lastEventId)).toEqual([undefined, 'fake1-1'])
  })

  it('receives events sent before it was dropped, once', async () => {
    const { seen } = follow()
    await server.connected()
    server.send('count', 1)
    server.drop()
    await clock.advance(0)
    expect(seen).toEqual([1])
    await clock.advance(2_000)
    expect(seen).toEqual([1])
  })

  it('loses events in flight when it is dropped, and receives them after resuming', async () => {
    const { seen } = follow()
    await server.connected()
    // A delay of next to nothing is possible, and then it has resumed already.
    onTestFinished(() => void vi.restoreAllMocks())
    vi.spyOn(Math, 'random').mockReturnValue(0.5)
    server.stall()
    server.send('count', 1)
    server.drop()
    await clock.advance(0)
    expect(seen).toEqual([])
    await clock.advance(2_000)
    expect(seen).toEqual([1])
  })

  it('stays open for an hour by its heartbeats, and is replaced when it stalls', async () => {
    const { feed, seen } = follow()
    await server.connected()
    await clock.advance(3_600_000)
    expect([state(feed), server.requests.length]).toEqual(['open', 1])
    server.stall()
    server.send('count', 1)
    await clock.advance(30_000)
    expect([state(feed), seen]).toEqual(['open', []])
    await clock.advance(20_000)
    expect([state(feed), seen]).toEqual(['open', [1]])
    expect(server.requests).toHaveLength(2)
  })

  it('receives everything after a short stall', async () => {
    const { seen } = follow()
    await server.connected()
    const release = server.stall()
    server.send('count', 1)
    server.send('count', 2)
    await clock.advance(10_000)
    expect(seen).toEqual([])
    release()
    release()
    await clock.advance(0)
    expect([seen, server.requests.length]).toEqual([[1, 2], 1])
  })

  it('receives the same events when bytes arrive one by one', async () => {
    server.splitBytes()
    const { seen } = follow()
    await server.connected()
    server.send('lead', { id: '1', title: 'é 漢 😀' })
    server.send('count', 1)
    await clock.advance(0)
    expect(seen).toEqual(['é 漢 😀', 1])
  })

  it('receives only its own events, also after resuming', async () => {
    const [ada, ben] = [follow(), follow({}, 'ben')]
    await server.connected(2)
    const mine = () => server.connections.find(({ params }) => params.owner === 'ada')
    mine()?.send('count', 1)
    mine()?.drop()
    await clock.advance(2_000)
    mine()?.send('count', 2)
    await clock.advance(0)
    expect([ada.seen, ben.seen]).toEqual([[1, 2], []])
    server.drop()
    await clock.advance(2_000)
    expect([ada.seen, ben.seen]).toEqual([[1, 2], []])
  })

  it('is removed when the client closes it', async () => {
    const { feed } = follow()
    const connection = await server.connected()
    feed.close()
    expect([server.connections, connection.isOpen]).toEqual([[], false])
    server.send('count', 1)
    connection.drop()
  })
})

describe('a stream', () => {
  it('closes the feed when it ends', async () => {
    const { feed } = follow()
    await server.connected()
    server.end()
    await clock.advance(0)
    expect(feed.status).toEqual({ state: 'closed', reason: 'ended' })
  })

  it('reports why its source failed, and is reconnected', async () => {
    const { feed } = follow()
    await server.connected()
    server.error('overloaded', 'Too much')
    await clock.advance(0)
    expect(feed.status).toMatchObject({
      state: 'waiting',
      error: { code: 'overloaded', message: 'Too much' },
    })
    await clock.advance(2_000)
    expect(state(feed)).toBe('open')
  })

  it('requests a reconnect delay', async () => {
    const { feed } = follow()
    await server.connected()
    server.retry(60_000)
    await clock.advance(0)
    server.drop()
    await clock.advance(59_999)
    expect(state(feed)).toBe('waiting')
    await clock.advance(2_001)
    expect(state(feed)).toBe('open')
  })

  it('reports lost history to open connections and to those that resume', async () => {
    const [here, away] = [follow(), follow()]
    await server.connected(2)
    server.connections[1]?.drop()
    server.send('count', 1)
    await clock.advance(0)
    server.gap('trimmed')
    server.send('count', 2)
    await clock.advance(2_000)
    expect([here.seen, away.seen]).toEqual([
      [1, 'trimmed', 2],
      ['trimmed', 2],
    ])
    server.gap('epoch')
    server.send('count', 3)
    await clock.advance(0)
    expect(here.seen.slice(3)).toEqual(['epoch', 3])
    expect(here.feed.lastEventId).toBe('fake2-1')
  })

  it('sends invalid payloads and invalid JSON', async () => {
    const onInvalid = vi.fn()
    const { seen } = follow({ onInvalid })
    await server.connected()
    server.sendInvalid('lead', { id: 7 })
    server.sendInvalid('unknown', {})
    server.raw('event: count\ndata: {"half\n\n: a comment\n\n')
    server.send('count', 1)
    await clock.advance(0)
    expect(seen).toEqual([1])
    expect(onInvalid.mock.calls.map(([{ event, error }]) => [event, error.code])).toEqual([
      ['lead', 'payload_invalid'],
      ['count', 'payload_invalid'],
    ])
  })

  it('rejects what the real server would reject', () => {
    expect(() => server.send('lead', { id: '1' } as never)).toThrow(
      expect.objectContaining({ code: 'payload_invalid' }),
    )
    expect(() => server.send('leads' as never, {} as never)).toThrow(
      expect.objectContaining({ code: 'event_unknown' }),
    )
    expect(server.send('count', 1)).toBe('fake1-1')
  })
})

describe('a refusal', () => {
  it('of one request leads to a fresh token', async () => {
    let token = 'old'
    server.refuse(401, { times: 1 })
    const { feed } = follow({
      headers: () => ({ authorization: token }),
      refresh: () => {
        token = 'new'
      },
    })
    await server.connected()
    await clock.advance(0)
    expect(state(feed)).toBe('open')
    expect(server.requests.map(({ headers }) => headers.get('authorization'))).toEqual(['old', 'new'])
  })

  it('that is retryable is retried after its Retry-After', async () => {
    server.refuse(503, { times: 1, retryAfterMs: 10_000 })
    const { feed } = follow()
    await clock.advance(9_999)
    expect(state(feed)).toBe('waiting')
    await clock.advance(2_001)
    expect(state(feed)).toBe('open')
  })

  it('that is not retryable closes the feed with its status', async () => {
    server.refuse(403, { code: 'forbidden', message: 'Not yours' })
    const { feed } = follow()
    await clock.advance(0)
    expect(feed.status).toMatchObject({
      state: 'closed',
      reason: 'error',
      error: { code: 'http_status', status: 403 },
    })
  })

  it('of the network lasts until it is back', async () => {
    server.refuse('network')
    const { feed } = follow()
    await clock.advance(120_000)
    expect(feed.status).toMatchObject({ state: 'waiting', error: { code: 'network' } })
    expect(server.requests.length).toBeGreaterThan(3)
    server.accept()
    await clock.advance(30_000)
    expect(state(feed)).toBe('open')
  })

  it.each([200, 399, 600, Number.NaN])('cannot be %s', (status) => {
    expect(() => server.refuse(status)).toThrow(expect.objectContaining({ code: 'option_invalid' }))
  })

  it.each([{ times: -1 }, { retryAfterMs: -1 }, { retryAfterMs: Number.NaN }])(
    'cannot have %o',
    (options) => {
      expect(() => server.refuse(503, options)).toThrow(expect.objectContaining({ code: 'option_invalid' }))
    },
  )
})

describe('requests', () => {
  it('are recorded as they were received', async () => {
    follow({ headers: { 'x-app': 'desk' }, method: 'POST', body: '{"a":1}', lastEventId: 'é' }, 'a/b')
    await server.connected()
    expect(server.requests).toMatchObject([
      { method: 'POST', params: { owner: 'a/b' }, lastEventId: 'é', body: '{"a":1}' },
    ])
    expect(server.requests[0]?.headers.get('x-app')).toBe('desk')
  })

  it('for other paths get 404, or go to the original fetch when the global one is replaced', async () => {
    expect((await server.fetch('http://test/other')).status).toBe(404)
    const before = vi.spyOn(globalThis, 'fetch').mockResolvedValue(new Response('theirs'))
    server.install()
    expect(await (await fetch('http://test/other')).text()).toBe('theirs')
    follow({ fetch: undefined as never })
    await server.connected()
    expect(before).toHaveBeenCalledTimes(1)
    server.close()
    expect(globalThis.fetch).toBe(before)
    before.mockRestore()
  })

  it('that acknowledge are recorded, unless the id is invalid', async () => {
    const { feed } = follow()
    await server.connected()
    const id = server.send('count', 1)
    await feed.ack(id)
    await expect(feed.ack('other-1')).rejects.toMatchObject({ status: 409 })
    expect(server.acks.map(({ lastEventId, params }) => [lastEventId, params])).toEqual([
      [id, { owner: 'ada' }],
    ])
  })
})

describe('the stream of a run', () => {
  const closedWith = (end: object) => ({ state: 'closed', reason: 'ended', end })

  it('ends with what the test says, which feed.stop() and later connections get, too', async () => {
    const { feed } = follow()
    const connection = await server.connected()
    const end = { status: 'failed', code: 'quota', message: 'None left' }
    connection.end(end)
    await clock.advance(0)
    expect(feed.status).toEqual(closedWith(end))
    const other = follow()
    await clock.advance(0)
    expect(other.feed.status).toEqual(closedWith(end))
    const third = follow()
    third.feed.close()
    expect(await third.feed.stop()).toEqual(end)
  })

  it('is stopped by feed.stop(): of all connections to its path, and no other', async () => {
    const [ada, adaToo, ben] = [follow(), follow(), follow({}, 'ben')]
    await server.connected(3)
    expect(await ada.feed.stop()).toEqual({ status: 'stopped' })
    await clock.advance(0)
    for (const { feed } of [ada, adaToo]) expect(feed.status).toEqual(closedWith({ status: 'stopped' }))
    expect(state(ben.feed)).toBe('open')
    expect(server.stops.map(({ params }) => params)).toEqual([{ owner: 'ada' }])
  })

  it('is not stopped while the server refuses', async () => {
    const { feed } = follow()
    await server.connected()
    server.refuse(503, { times: 1, code: 'no', message: 'No' })
    await expect(feed.stop()).rejects.toMatchObject({
      code: 'http_status',
      status: 503,
      cause: { code: 'no' },
    })
    server.refuse('network', { times: 1 })
    await expect(feed.stop()).rejects.toMatchObject({ code: 'network' })
    expect([state(feed), server.stops]).toEqual(['open', []])
    expect(await feed.stop()).toEqual({ status: 'stopped' })
  })
})

it('works with the fake timers of the test runner', async () => {
  clock.restore()
  vi.useFakeTimers()
  try {
    const { feed } = follow()
    await server.connected()
    server.drop()
    await vi.advanceTimersByTimeAsync(2_000)
    expect(state(feed)).toBe('open')
  } finally {
    vi.useRealTimers()
  }
})
