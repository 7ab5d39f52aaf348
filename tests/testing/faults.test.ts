import { type ConnectOptions, connect, type Feed } from '@sse/client'
import { type FakeServer, fakeServer } from '@sse/testing'
import { type FakeClock, fakeClock } from '@sse/testing/clock'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
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
  it('that is dropped comes back when its delay is over, and gets what it missed', async () => {
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

  it('gets what was sent before it was dropped', async () => {
    const { seen } = follow()
    await server.connected()
    server.send('count', 1)
    server.drop()
    await clock.advance(0)
    expect(seen).toEqual([1])
    await clock.advance(2_000)
    expect(seen).toEqual([1])
  })

  it('loses what was on its way when it was dropped, and gets it again', async () => {
    const { seen } = follow()
    await server.connected()
    server.stall()
    server.send('count', 1)
    server.drop()
    await clock.advance(0)
    expect(seen).toEqual([])
    await clock.advance(2_000)
    expect(seen).toEqual([1])
  })

  it('lives for an hour by its heartbeats, and is given up when it stalls', async () => {
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

  it('that stalls for a while gets everything after it', async () => {
    const { seen } = follow()
    await server.connected()
    const goOn = server.stall()
    server.send('count', 1)
    server.send('count', 2)
    await clock.advance(10_000)
    expect(seen).toEqual([])
    goOn()
    goOn()
    await clock.advance(0)
    expect([seen, server.requests.length]).toEqual([[1, 2], 1])
  })

  it('whose bytes come one by one sees the same', async () => {
    server.splitBytes()
    const { seen } = follow()
    await server.connected()
    server.send('lead', { id: '1', title: 'é 漢 😀' })
    server.send('count', 1)
    await clock.advance(0)
    expect(seen).toEqual(['é 漢 😀', 1])
  })

  it('is told of its own events alone, and gets those it missed', async () => {
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

  it('that the client closes is gone', async () => {
    const { feed } = follow()
    const connection = await server.connected()
    feed.close()
    expect([server.connections, connection.isOpen]).toEqual([[], false])
    server.send('count', 1)
    connection.drop()
  })
})

describe('a stream', () => {
  it('that ends closes the feed', async () => {
    const { feed } = follow()
    await server.connected()
    server.end()
    await clock.advance(0)
    expect(feed.status).toEqual({ state: 'closed', reason: 'ended' })
  })

  it('whose source fails says why, and is followed again', async () => {
    const { feed } = follow()
    await server.connected()
    server.error('overloaded', 'Too much')
    await clock.advance(0)
    expect(feed.status).toMatchObject({
      state: 'waiting',
      reason: { code: 'overloaded', message: 'Too much' },
    })
    await clock.advance(2_000)
    expect(state(feed)).toBe('open')
  })

  it('asks for a delay', async () => {
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

  it('that loses its history tells who is there, and who comes back', async () => {
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

  it('sends what no schema allows, and no parser reads', async () => {
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

  it('never sends what the real server would refuse', () => {
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
  it('once, and a fresh token is sent', async () => {
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

  it('that heals is tried again, and no sooner than it says', async () => {
    server.refuse(503, { times: 1, retryAfter: 10 })
    const { feed } = follow()
    await clock.advance(9_999)
    expect(state(feed)).toBe('waiting')
    await clock.advance(2_001)
    expect(state(feed)).toBe('open')
  })

  it('that does not closes the feed with what it said', async () => {
    server.refuse(403, { code: 'forbidden', message: 'Not yours' })
    const { feed } = follow()
    await clock.advance(0)
    expect(feed.status).toMatchObject({ state: 'closed', reason: { code: 'http_status', status: 403 } })
  })

  it('of a network that is away lasts until it is back', async () => {
    server.refuse('network')
    const { feed } = follow()
    await clock.advance(120_000)
    expect(feed.status).toMatchObject({ state: 'waiting', reason: { code: 'network' } })
    expect(server.requests.length).toBeGreaterThan(3)
    server.accept()
    await clock.advance(30_000)
    expect(state(feed)).toBe('open')
  })

  it.each([200, 399, 600, Number.NaN])('can not be %s', (status) => {
    expect(() => server.refuse(status)).toThrow(expect.objectContaining({ code: 'option_invalid' }))
  })
})

describe('requests', () => {
  it('are kept as they came', async () => {
    follow({ headers: { 'x-app': 'desk' }, method: 'POST', body: '{"a":1}', lastEventId: 'é' }, 'a/b')
    await server.connected()
    expect(server.requests).toMatchObject([
      { method: 'POST', params: { owner: 'a/b' }, lastEventId: 'é', body: '{"a":1}' },
    ])
    expect(server.requests[0]?.headers.get('x-app')).toBe('desk')
  })

  it('for other paths get 404, and go where they went when the global fetch is replaced', async () => {
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

  it('that acknowledge are kept, unless the id is of no use', async () => {
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

it('a test runner’s own fake timers drive it as well', async () => {
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
