import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { connect, type FeedStatus, SseError, singleFlight } from '@sse/client'
import { defineStream, type } from '@sse/contract'
import { encodeMessage } from '@sse/contract/protocol'
import { afterEach, describe, expect, it, vi } from 'vitest'

const closing: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
  vi.restoreAllMocks()
})

type Answer = (req: IncomingMessage, res: ServerResponse, attempt: number) => unknown

/** A real server that answers as the test says; `requests` is what it saw. */
async function serve(answer: Answer) {
  const requests: IncomingMessage[] = []
  const server = createServer((req, res) => {
    requests.push(req)
    answer(req, res, requests.length)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closing.push(() => {
    server.closeAllConnections()
    return new Promise((resolve) => server.close(resolve))
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, requests }
}

function stream(res: ServerResponse, text = '\n'): ServerResponse {
  res.writeHead(200, { 'content-type': 'text/event-stream' }).write(text)
  return res
}

function refuse(res: ServerResponse, status: number, headers: Record<string, string> = {}, body = ''): void {
  res.writeHead(status, headers).end(body)
}

const reconnect = { jitterMs: 1, maxJitterMs: 2 }
const quiet = { reconnect, onError() {} }
const message = (id: string, data = id) => encodeMessage({ id, data })

function open(url: string, options: Parameters<typeof connect>[1] = {}) {
  const feed = connect(url, { ...quiet, ...options })
  closing.push(() => feed.close())
  const states: FeedStatus[] = []
  feed.onStatus((status) => states.push(status))
  const seen: string[] = []
  feed.on('message', (data) => seen.push(data))
  const until = (found: (status: FeedStatus) => boolean) =>
    new Promise<FeedStatus>((resolve) => {
      feed.onStatus((status) => found(status) && resolve(status))
    })
  const got = (count: number) =>
    vi.waitFor(() => expect(seen).toHaveLength(count), { interval: 1, timeout: 5_000 })
  return { feed, states, seen, until, got, closed: () => until(({ state }) => state === 'closed') }
}

describe('the idle timeout', () => {
  it('ends a silent connection, and the stream resumes at the same id', async () => {
    const { url, requests } = await serve((_, res, attempt) => stream(res, message(`${attempt}`)))
    const { states, got, seen, feed } = open(url, { idleTimeoutMs: 400 })
    await got(2)
    expect(seen).toEqual(['1', '2'])
    expect(requests[1]?.headers['last-event-id']).toBe('1')
    expect(states.find(({ state }) => state === 'waiting')).toMatchObject({ error: { code: 'idle' } })
    feed.close()
  })

  it('does not end a connection that receives comments', async () => {
    const { url, requests } = await serve((_, res) => {
      stream(res)
      const timer = setInterval(() => res.write(':\n'), 20)
      res.on('close', () => clearInterval(timer))
      setTimeout(() => res.write(message('1')), 600)
    })
    const { got } = open(url, { idleTimeoutMs: 200 })
    await got(1)
    expect(requests).toHaveLength(1)
  })

  it('ends an attempt that was never answered', async () => {
    const { url, requests } = await serve((_, res, attempt) => attempt > 1 && stream(res, message('1')))
    const { got } = open(url, { idleTimeoutMs: 400 })
    await got(1)
    expect(requests).toHaveLength(2)
  })

  it('counts time the machine was asleep, but not a clock that was set back', async () => {
    const { url, requests } = await serve((_, res, attempt) => stream(res, message(`${attempt}`)))
    const { got, states } = open(url, { idleTimeoutMs: 1_000 })
    await got(1)
    const { now } = Date
    const hour = 3_600_000
    vi.spyOn(Date, 'now').mockImplementation(() => now() - hour)
    await new Promise((resolve) => setTimeout(resolve, 600))
    expect(requests).toHaveLength(1)
    vi.spyOn(Date, 'now').mockImplementation(() => now() + hour)
    await got(2)
    expect(states.find(({ state }) => state === 'waiting')).toMatchObject({ error: { code: 'idle' } })
  })

  it('follows from the contract’s heartbeatMs; without heartbeats there is none', async () => {
    const { url, requests } = await serve((_, res) => stream(res))
    const events = { n: type<number>() }
    const timers = vi.spyOn(globalThis, 'setTimeout')
    for (const heartbeatMs of [2_000, Number.POSITIVE_INFINITY]) {
      timers.mockClear()
      const feed = connect(defineStream({ path: '/', events, heartbeatMs }), { baseUrl: url, ...quiet })
      closing.push(() => feed.close())
      await vi.waitFor(() => expect(feed.status.state).toBe('open'))
      // Looked at a quarter of 2 x 2,000 + 5,000 ms apart.
      const looks = timers.mock.calls.filter(([, ms]) => ms === 9_000 / 4).length
      expect(looks > 0).toBe(heartbeatMs === 2_000)
    }
    expect(requests).toHaveLength(2)
  })
})

describe('status 401', () => {
  const isFresh = ({ headers }: IncomingMessage) => headers.authorization === 'Bearer 2'

  it('calls refresh once, and the stream resumes at the same id', async () => {
    let token = 1
    const { url, requests } = await serve((req, res, attempt) => {
      if (attempt === 1) stream(res, message('7')).end()
      else if (isFresh(req)) stream(res, message('8'))
      else refuse(res, 401)
    })
    const refresh = vi.fn(async () => {
      token = 2
    })
    const { got, states } = open(url, { headers: () => ({ authorization: `Bearer ${token}` }), refresh })
    await got(2)
    expect(refresh).toHaveBeenCalledTimes(1)
    expect(requests.map(({ headers }) => headers['last-event-id'])).toEqual([undefined, '7', '7'])
    expect(states.at(-1)).toEqual({ state: 'open' })
  })

  it('closes the feed if the fresh token is refused as well', async () => {
    const { url, requests } = await serve((_, res) => refuse(res, 401))
    const refresh = vi.fn()
    const { closed } = open(url, { refresh })
    expect(await closed()).toMatchObject({ reason: 'error', error: { code: 'http_status', status: 401 } })
    expect(refresh).toHaveBeenCalledTimes(1)
    expect(requests).toHaveLength(2)
  })

  it('calls refresh again if a later attempt is refused', async () => {
    const { url } = await serve((_, res, attempt) =>
      attempt % 2 ? refuse(res, 401) : stream(res, message(`${attempt}`)).end(),
    )
    const refresh = vi.fn()
    const { got } = open(url, { refresh })
    await got(2)
    expect(refresh.mock.calls.length).toBeGreaterThanOrEqual(2)
  })

  it('retries after a refresh that failed, and closes after one that was refused', async () => {
    let isDown = true
    const { url } = await serve((_, res) => (isDown ? refuse(res, 401) : stream(res, message('1'))))
    const refresh = vi.fn(async () => {
      if (refresh.mock.calls.length < 3) throw new TypeError('fetch failed')
      isDown = false
    })
    const first = open(url, { refresh })
    await first.got(1)
    expect(refresh).toHaveBeenCalledTimes(3)
    expect(first.states.find(({ state }) => state === 'waiting')).toMatchObject({
      error: { code: 'network' },
    })

    isDown = true
    const second = open(url, {
      refresh: async () => {
        throw new SseError('http_status', 'Sign in again', { status: 401 })
      },
    })
    expect(await second.closed()).toMatchObject({ reason: 'error', error: { message: 'Sign in again' } })
  })

  it('of an acknowledgement calls refresh as well, together with the stream', async () => {
    let isFresh = false
    const acked: (string | undefined)[] = []
    const { url } = await serve((req, res) => {
      if (req.method === 'GET') return stream(res, message('1'))
      if (!isFresh) return refuse(res, 401)
      acked.push(String(req.headers['last-event-id']))
      refuse(res, 204)
    })
    const refresh = vi.fn(async () => {
      isFresh = true
    })
    const { feed, got } = open(url, { refresh })
    await got(1)
    await feed.ack('1')
    expect(acked).toEqual(['1'])
    expect(refresh).toHaveBeenCalledTimes(1)
  })

  it('of many feeds at once is one refresh with singleFlight', async () => {
    let isFresh = false
    const { url, requests } = await serve((_, res) =>
      isFresh ? stream(res, message('1')) : refuse(res, 401),
    )
    const refresh = vi.fn(async () => {
      await vi.waitFor(() => expect(requests).toHaveLength(5))
      await new Promise((resolve) => setTimeout(resolve, 200))
      isFresh = true
    })
    const shared = singleFlight('token', refresh)
    const feeds = Array.from({ length: 5 }, () => open(url, { refresh: shared }))
    await Promise.all(feeds.map(({ got }) => got(1)))
    expect(refresh).toHaveBeenCalledTimes(1)
  })
})

describe('a refusal', () => {
  it('has the code and message of the server as its cause', async () => {
    const body = '{"code":"quota","message":"Used up"}'
    const { url } = await serve((_, res) => refuse(res, 403, { 'content-type': 'application/json' }, body))
    const { closed } = open(url)
    expect(await closed()).toMatchObject({
      reason: 'error',
      error: { code: 'http_status', status: 403, cause: { code: 'quota', message: 'Used up' } },
    })
  })

  it.each(['{"code":', 'null', '<html>', ''])(
    'with the body %j closes the feed with the status',
    async (body) => {
      const { url } = await serve((_, res) => refuse(res, 403, { 'content-type': 'application/json' }, body))
      expect(await open(url).closed()).toMatchObject({
        reason: 'error',
        error: { code: 'http_status', status: 403 },
      })
    },
  )

  it('whose body never arrives closes the feed, and its connection is closed', async () => {
    let isGone = false
    const { url } = await serve((_, res) => {
      res.writeHead(403, { 'content-type': 'application/json' }).flushHeaders()
      res.on('close', () => {
        isGone = true
      })
    })
    expect(await open(url).closed()).toMatchObject({ reason: 'error', error: { status: 403 } })
    await vi.waitFor(() => expect(isGone).toBe(true))
  })

  const inAnHour = () => new Date(Date.now() + 3_600_000).toUTCString()
  it.each([
    { name: '120', retryAfter: () => '120', min: 120_000, max: 120_100 },
    { name: 'as a date in an hour', retryAfter: inAnHour, min: 3_590_000, max: 3_600_100 },
    {
      name: 'of 40 digits (at most an hour)',
      retryAfter: () => '9'.repeat(40),
      min: 3_600_000,
      max: 3_600_100,
    },
    { name: 'in the past', retryAfter: () => 'Thu, 01 Jan 1970 00:00:00 GMT', min: 0, max: 100 },
    { name: '-5 (ignored)', retryAfter: () => '-5', min: 0, max: 100 },
    { name: 'soon (ignored)', retryAfter: () => 'soon', min: 0, max: 100 },
  ])('with Retry-After $name delays the next attempt', async ({ retryAfter, min, max }) => {
    const { url } = await serve((_, res) => refuse(res, 503, { 'retry-after': retryAfter() }))
    const { until } = open(url)
    const status = await until(({ state }) => state === 'waiting')
    const delay = status.state === 'waiting' ? Number(status.retryAt) - Date.now() : -1
    expect(delay).toBeGreaterThan(min - 100)
    expect(delay).toBeLessThanOrEqual(max)
  })
})

describe('functions for url and body', () => {
  it('are called before each attempt', async () => {
    const bodies: string[] = []
    const { url, requests } = await serve(async (req, res, attempt) => {
      let body = ''
      for await (const chunk of req) body += chunk
      bodies.push(body)
      stream(res, message(`${attempt}`)).end()
    })
    let ticket = 0
    const { got } = open(url, {
      method: 'POST',
      reconnect: { ...reconnect, resend: true },
      body: () => `body ${ticket}`,
      url: (url) => {
        ticket += 1
        url.searchParams.set('ticket', `${ticket}`)
        return url
      },
    })
    await got(2)
    expect(requests.slice(0, 2).map((request) => request.url)).toEqual(['/?ticket=1', '/?ticket=2'])
    expect(bodies.slice(0, 2)).toEqual(['body 1', 'body 2'])
  })

  it('that fail are reported, and the attempt is retried', async () => {
    const { url } = await serve((_, res) => stream(res, message('1')))
    let count = 0
    const { got } = open(url, {
      url: async (given) => {
        count += 1
        if (count === 1) throw new TypeError('no ticket')
        return given
      },
    })
    await got(1)
    expect(count).toBe(2)
  })
})

describe('a gap', () => {
  const gap = (id: string) => encodeMessage({ event: 'sse.gap', id, data: '{"reason":"trimmed"}' })

  it('holds the stream while onGap is pending, then resumes after the id it returns', async () => {
    const { url, requests } = await serve((_, res, attempt) =>
      stream(res, attempt === 1 ? gap('5') + message('6') : message('9')),
    )
    let whileHeld: FeedStatus | undefined
    const { got, seen, feed } = open(url, {
      lastEventId: '1',
      onGap: async ({ reason }) => {
        expect(reason).toBe('trimmed')
        await new Promise((resolve) => setTimeout(resolve, 30))
        whileHeld = feed.status
        return { resumeFrom: '8' }
      },
    })
    await got(1)
    expect(seen).toEqual(['9']) // what was read before the state was there is not shown before it
    expect(whileHeld).toEqual({ state: 'paused', reason: 'gap' })
    expect(requests.map(({ headers }) => headers['last-event-id'])).toEqual(['1', '8'])
  })

  it('is followed by the events after it if onGap returns no id', async () => {
    const { url, requests } = await serve((_, res, attempt) =>
      stream(res, attempt === 1 ? gap('5') : message('6')),
    )
    const { got } = open(url, { lastEventId: '1', onGap: async () => {} })
    await got(1)
    expect(requests[1]?.headers['last-event-id']).toBe('5')
  })

  it('is reported again if onGap rejects', async () => {
    const { url, requests } = await serve((req, res) =>
      stream(res, req.headers['last-event-id'] === '1' ? gap('5') : message('6')),
    )
    const onGap = vi.fn(async () => {
      if (onGap.mock.calls.length === 1) throw new TypeError('fetch failed')
    })
    const { got, states } = open(url, { lastEventId: '1', onGap })
    await got(1)
    expect(onGap).toHaveBeenCalledTimes(2)
    expect(requests.map(({ headers }) => headers['last-event-id'])).toEqual(['1', '1', '5'])
    expect(states.find(({ state }) => state === 'waiting')).toMatchObject({ error: { code: 'network' } })
  })

  it('is reported again until onGap resolves, however often it rejects', async () => {
    const { url, requests } = await serve((req, res) =>
      stream(res, req.headers['last-event-id'] === '1' ? gap('5') : message('6')),
    )
    const onGap = vi.fn(async () => {
      if (onGap.mock.calls.length <= 4) throw new TypeError('fetch failed')
    })
    const { got } = open(url, { lastEventId: '1', onGap })
    await got(1)
    expect(onGap).toHaveBeenCalledTimes(5)
    expect(requests.map(({ headers }) => headers['last-event-id'])).toEqual(['1', '1', '1', '1', '1', '5'])
  })

  it('is reported again from the id of resumeFrom if a second gap follows it', async () => {
    const { url, requests } = await serve((req, res) => {
      const id = req.headers['last-event-id']
      stream(res, id === '1' ? gap('5') : id === '8' ? gap('9') : message('10'))
    })
    const onGap = vi.fn(async () => {
      if (onGap.mock.calls.length === 1) return { resumeFrom: '8' }
      if (onGap.mock.calls.length === 2) throw new TypeError('fetch failed')
      return undefined
    })
    const { got } = open(url, { lastEventId: '1', onGap })
    await got(1)
    expect(requests.map(({ headers }) => headers['last-event-id'])).toEqual(['1', '8', '8', '9'])
  })

  it('does not hold the stream if onGap returns nothing; closing while it is pending closes', async () => {
    const { url, requests } = await serve((_, res) => stream(res, gap('5') + message('6')))
    const first = open(url, { onGap: () => {} })
    await first.got(1)
    expect(requests).toHaveLength(1)
    const second = open(url, {
      onGap: async () => {
        second.feed.close()
        await new Promise((resolve) => setTimeout(resolve, 10))
        return { resumeFrom: '9' }
      },
    })
    expect(await second.closed()).toMatchObject({ reason: 'closed' })
    await new Promise((resolve) => setTimeout(resolve, 30))
    expect(second.feed.lastEventId).toBe('5')
    expect(requests).toHaveLength(2)
  })
})

describe('a network that is back', () => {
  it('reconnects feeds with an id one after the other, and removes its listeners with the feed', async () => {
    const listeners = new Map<string, Set<() => void>>()
    const of = (type: string) => listeners.get(type) ?? listeners.set(type, new Set()).get(type) ?? new Set()
    vi.stubGlobal('addEventListener', (type: string, listener: () => void) => of(type).add(listener))
    vi.stubGlobal('removeEventListener', (type: string, listener: () => void) => of(type).delete(listener))
    const requestedAt: number[] = []
    const { url } = await serve((_, res) => {
      requestedAt.push(performance.now())
      stream(res, message('1'))
    })
    const feeds = Array.from({ length: 20 }, () => open(url, { reconnect: { jitterMs: 500 } }))
    await Promise.all(feeds.map(({ got }) => got(1)))
    requestedAt.length = 0
    for (const online of of('online')) online()
    await vi.waitFor(() => expect(requestedAt).toHaveLength(20), { timeout: 5_000 })
    // Uniform over 500 ms: all of them within 100 ms happens once in 10 to the 12 runs.
    expect((requestedAt.at(-1) ?? 0) - (requestedAt[0] ?? 0)).toBeGreaterThan(100)
    for (const { feed } of feeds) feed.close()
    vi.unstubAllGlobals()
    expect([...listeners.values()].flatMap((set) => [...set])).toEqual([])
  })
})
