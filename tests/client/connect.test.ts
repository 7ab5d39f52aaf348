import { getEventListeners } from 'node:events'
import { setTimeout } from 'node:timers/promises'
import { connect, type Feed, type FeedStatus, isSseError, SseError } from '@sse/client'
import { polyfillTransport } from '@sse/client/polyfill'
import type { Transport } from '@sse/client/transport'
import { defineStream, type } from '@sse/contract'
import { encodeMessage } from '@sse/contract/protocol'
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest'
import { z } from 'zod'
import { Script } from '../support/script-client.ts'
import { type ScriptedResponse, startScriptServer } from '../support/script-server.ts'

const server = await startScriptServer()
afterAll(() => server.close())

const feeds: { close(): void }[] = []
afterEach(() => {
  for (const feed of feeds.splice(0)) feed.close()
  vi.restoreAllMocks()
})

const leads = defineStream({
  path: '/leads/:owner',
  events: {
    lead: z.object({ id: z.string() }),
    at: z.iso.datetime().transform((text) => new Date(text)),
    none: type<undefined>(),
  },
})
const quick = { jitterMs: 1, maxJitterMs: 2 }

/** A feed of the contract, read from a script in place of its server. */
function open(plan: ScriptedResponse[], options: Partial<Parameters<typeof connect<typeof leads>>[1]> = {}) {
  const script = new Script(server.origin, plan)
  const fetchScript: typeof fetch = (_url, init) => fetch(script.url, init)
  const feed = connect(leads, {
    baseUrl: 'http://app.example',
    params: { owner: 'ada' },
    reconnect: quick,
    fetch: fetchScript,
    ...options,
  })
  feeds.push(feed)
  return { script, feed, states: record(feed) }
}

function openUrl(plan: ScriptedResponse[], options: Parameters<typeof connect>[1] = {}) {
  const script = new Script(server.origin, plan)
  const feed = connect(script.url, { reconnect: quick, ...options })
  feeds.push(feed)
  return { script, feed, states: record(feed) }
}

/** Any feed, as far as its status goes. */
type Watched = Pick<Feed<never>, 'status' | 'onStatus'>

function record(feed: Watched): FeedStatus[] {
  const states: FeedStatus[] = [feed.status]
  feed.onStatus((status) => states.push(status))
  return states
}

function closed(feed: Watched): Promise<FeedStatus> {
  return new Promise((resolve) => feed.onStatus((status) => status.state === 'closed' && resolve(status)))
}

const END = encodeMessage({ event: 'sse.end', id: 'sse.end' })
const lead = (id: unknown) => encodeMessage({ event: 'lead', data: JSON.stringify({ id }) })

describe('a listener', () => {
  it('receives the output of its schema, and the id', async () => {
    const { feed } = open([
      {
        chunks: [
          encodeMessage({ event: 'at', data: '"2026-11-22T10:00:00Z"', id: '7' }),
          encodeMessage({ event: 'none' }),
          END,
        ],
      },
    ])
    const seen: unknown[] = []
    feed.on('at', (at, meta) => seen.push(at, meta))
    feed.on('none', (none, { id }) => seen.push(none, id))
    await closed(feed)
    expect(seen).toEqual([new Date('2026-11-22T10:00:00Z'), { event: 'at', id: '7' }, undefined, '7'])
  })

  it('is removed by the function that on() returns, and by off()', async () => {
    const { feed } = openUrl([{ chunks: ['data: 1\n\n', 'data: 2\n\n', 'data: 3\n\n', END] }])
    const seen: string[] = []
    const stop = feed.on('message', (data) => {
      seen.push(`a${data}`)
      stop()
    })
    const second = (data: string) => {
      seen.push(`b${data}`)
      if (data === '2') feed.off('message', second)
    }
    feed.on('message', second)
    feed.on('message', (data) => seen.push(`c${data}`))
    await closed(feed)
    expect(seen).toEqual(['a1', 'b1', 'c1', 'b2', 'c2', 'c3'])
  })

  it('that throws is reported; other listeners and the stream continue', async () => {
    const onError = vi.fn()
    const { feed } = openUrl([{ chunks: ['data: 1\n\ndata: 2\n\n', END] }], { onError })
    const seen: string[] = []
    feed.on('message', () => {
      throw new Error('mine')
    })
    feed.on('message', (data) => seen.push(data))
    await closed(feed)
    expect(seen).toEqual(['1', '2'])
    expect(onError.mock.calls).toEqual([[new Error('mine')], [new Error('mine')]])
  })

  it('that throws is reported to the platform without onError; an onError that throws changes nothing', async () => {
    const shown = vi.spyOn(console, 'error').mockImplementation(() => {})
    const first = openUrl([{ chunks: ['data: 1\n\n', END] }])
    first.feed.on('message', () => {
      throw new Error('mine')
    })
    await closed(first.feed)
    expect(shown).toHaveBeenCalledExactlyOnceWith(new Error('mine'))
    const onError = () => {
      throw new Error('logger down')
    }
    const second = openUrl([{ chunks: ['data: 1\n\n', END] }], { onError })
    second.feed.on('message', () => {
      throw new Error('mine')
    })
    expect(await closed(second.feed)).toEqual({ state: 'closed', reason: 'ended' })
  })

  it('does not receive invalid payloads: they go to onInvalid, and the stream continues', async () => {
    const onInvalid = vi.fn()
    const { feed } = open(
      [{ chunks: [lead(5), 'event: lead\ndata: {"id\n\n', 'event: lead\ndata:\n\n', lead('fine'), END] }],
      {
        onInvalid,
      },
    )
    const seen: unknown[] = []
    feed.on('lead', (payload) => seen.push(payload))
    await closed(feed)
    expect(seen).toEqual([{ id: 'fine' }])
    expect(
      onInvalid.mock.calls.map(([invalid]) => [invalid.event, invalid.data, invalid.error.code]),
    ).toEqual([
      ['lead', '{"id":5}', 'payload_invalid'],
      ['lead', '{"id', 'payload_invalid'],
      ['lead', '', 'payload_invalid'],
    ])
    expect(onInvalid.mock.calls[0]?.[0].error.message).toMatch(/^Event "lead": id: /)
  })

  it('does not receive unknown events and control events, with a contract', async () => {
    const onError = vi.fn()
    const { feed } = open(
      [
        {
          chunks: [
            'event: later\ndata: {\n\n',
            'event: sse.later\ndata: {\n\n',
            'event: constructor\ndata: 1\n\n',
            lead('1'),
            END,
          ],
        },
      ],
      { onError },
    )
    const seen: unknown[] = []
    for await (const { event } of feed) seen.push(event)
    expect(seen).toEqual(['lead'])
    expect(onError).not.toHaveBeenCalled()
  })

  it('for gap is called, and loops receive the gap', async () => {
    const { feed } = open([{ chunks: ['event: sse.gap\ndata: {"reason":"trimmed","since":"9"}\n\n', END] }])
    const gaps: unknown[] = []
    feed.on('gap', (gap) => gaps.push(gap))
    for await (const event of feed) gaps.push(event)
    const gap = { reason: 'trimmed', since: '9' }
    expect(gaps).toEqual([gap, { event: 'gap', payload: gap, id: '' }])
  })

  it('is needed for an event to be parsed at all', async () => {
    const parse = vi.spyOn(JSON, 'parse')
    const { feed } = open([{ chunks: [lead('1'), encodeMessage({ event: 'at', data: '"x"' }), END] }])
    feed.on('lead', () => {})
    await closed(feed)
    const parsed = parse.mock.calls.map(([text]) => text)
    expect(parsed).toContain('{"id":"1"}')
    expect(parsed).not.toContain('"x"')
  })
})

describe('a for await loop', () => {
  it('sees every event; leaving it leaves other loops and the feed open', async () => {
    const { feed } = openUrl([{ chunks: ['data: 1\n\n', 'data: 2\n\n', 'data: 3\n\n', END] }])
    const first = (async () => {
      for await (const { payload } of feed) return payload
      return undefined
    })()
    const second: unknown[] = []
    for await (const { payload } of feed) second.push(payload)
    expect(await first).toBe('1')
    expect(second).toEqual(['1', '2', '3'])
  })

  it('receives queued events before the end', async () => {
    const { feed } = openUrl([{ chunks: ['data: 1\n\ndata: 2\n\n', END] }])
    const iterator = feed[Symbol.asyncIterator]()
    await closed(feed)
    expect((await iterator.next()).value).toMatchObject({ payload: '1' })
    expect((await iterator.next()).value).toMatchObject({ payload: '2' })
    expect(await iterator.next()).toEqual({ done: true, value: undefined })
    for await (const _ of feed) expect.unreachable()
  })

  it('throws the error that closed the feed', async () => {
    const { feed } = openUrl([{ status: 403 }])
    await expect(async () => {
      for await (const _ of feed) expect.unreachable()
    }).rejects.toMatchObject({ code: 'http_status', status: 403 })
  })

  it('throws when it is 10,000 events behind, and the feed stays open', async () => {
    const many = new TextEncoder().encode('data: x\n\n'.repeat(10_001))
    const body = new ReadableStream({ start: (controller) => controller.enqueue(many) })
    const answer = async () => new Response(body, { headers: { 'content-type': 'text/event-stream' } })
    const feed = connect('http://a/', { fetch: answer })
    feeds.push(feed)
    const iterator = feed[Symbol.asyncIterator]()
    let count = 0
    await new Promise<void>((resolve) => feed.on('message', () => ++count === 10_001 && resolve()))
    for (let index = 0; index < 10_000; index++) await iterator.next()
    await expect(iterator.next()).rejects.toMatchObject({ code: 'queue_overflow' })
    expect(feed.status.state).toBe('open')
  })
})

describe('reconnecting', () => {
  it('reports each status: connecting, open, waiting with the time and the error', async () => {
    const { feed, states } = openUrl([{ status: 503 }, { chunks: ['data: 1\n\n'] }, { chunks: [END] }], {
      onError: () => {},
    })
    await closed(feed)
    expect(states.slice(1)).toEqual([
      { state: 'connecting', attempt: 1 },
      {
        state: 'waiting',
        attempt: 2,
        retryAt: expect.any(Number),
        error: expect.objectContaining({ status: 503 }),
      },
      { state: 'connecting', attempt: 2 },
      { state: 'open' },
      {
        state: 'waiting',
        attempt: 2,
        retryAt: expect.any(Number),
        error: expect.objectContaining({ code: 'dropped' }),
      },
      { state: 'connecting', attempt: 2 },
      { state: 'open' },
      { state: 'closed', reason: 'ended' },
    ])
  })

  it('resumes after the last id; an empty id resets it', async () => {
    const { feed, script } = openUrl([
      { chunks: ['id: é漢😀\ndata: 1\n\n'] },
      { chunks: ['data: 2\n\n'] },
      { chunks: ['id\n\n'] },
      { chunks: [END] },
    ])
    await closed(feed)
    const ids = (await script.seen()).map(({ headers }) => headers['last-event-id'])
    const bytes = Buffer.from('é漢😀').toString('latin1')
    expect(ids).toEqual([undefined, bytes, bytes, undefined])
  })

  it('starts after the option lastEventId', async () => {
    const { feed, script } = openUrl([{ chunks: [END] }], { lastEventId: 'from the server' })
    await closed(feed)
    expect((await script.seen())[0]?.headers['last-event-id']).toBe('from the server')
  })

  it.each([401, 403, 404, 410])('does not happen after status %i', async (status) => {
    const onError = vi.fn()
    const { feed, script } = openUrl([{ status }], { onError })
    expect(await closed(feed)).toMatchObject({ reason: 'error', error: { code: 'http_status', status } })
    expect(onError).toHaveBeenCalledOnce()
    expect(await script.seen()).toHaveLength(1)
  })

  it.each([{ status: 408 }, { status: 425 }, { status: 429 }, { status: 500 }, { status: 502 }])(
    'happens after %o',
    async (response) => {
      const { feed, script } = openUrl([response, response, { chunks: [END] }], { onError: () => {} })
      expect(await closed(feed)).toEqual({ state: 'closed', reason: 'ended' })
      expect(await script.seen()).toHaveLength(3)
    },
  )

  it('does not happen after 204 or a response that is not an event stream', async () => {
    expect(await closed(openUrl([{ status: 204 }]).feed)).toEqual({ state: 'closed', reason: 'no_content' })
    const { feed } = openUrl([{ contentType: 'text/html' }], { onError: () => {} })
    expect(await closed(feed)).toMatchObject({ reason: 'error', error: { code: 'content_type' } })
  })

  it.each([
    [0, 1],
    [1, 2],
    [3, 4],
  ])('happens at most %i times with that maxAttempts', async (maxAttempts, requests) => {
    const { feed, script } = openUrl([{ status: 500 }], {
      reconnect: { ...quick, maxAttempts },
      onError: () => {},
    })
    expect(await closed(feed)).toMatchObject({ reason: 'error', error: { status: 500 } })
    expect(await script.seen()).toHaveLength(requests)
  })

  it('reports sse.error as the reason of the drop that follows, not of the next one', async () => {
    const failed = encodeMessage({ event: 'sse.error', data: '{"code":"quota","message":"Used up"}' })
    const { feed, states } = openUrl([{ chunks: [failed] }, {}, { chunks: [END] }], { onError: () => {} })
    await closed(feed)
    const reasons = states.flatMap((status) => (status.state === 'waiting' ? [status.error.code] : []))
    expect(reasons).toEqual(['quota', 'dropped'])
  })

  it('reports sse.error as the reason also if the transport reconnects by itself', async () => {
    const onError = vi.fn()
    const failed: Transport = (_request, events) => {
      events.onOpen()
      events.onMessage('sse.error', '{"code":"quota","message":"Used up"}')
      events.onWaiting(new SseError('dropped', 'Lost'))
      events.onWaiting(new SseError('dropped', 'Lost again'))
      return { close() {} }
    }
    const { feed, states } = openUrl([], { transport: failed, onError })
    await vi.waitUntil(() => states.length >= 5)
    feed.close()
    const reasons = states.flatMap((status) => (status.state === 'waiting' ? [status.error.code] : []))
    expect(reasons).toEqual(['quota', 'dropped'])
    expect(onError).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ code: 'quota' }))
  })

  it('backs off from a server that answers and fails without an event', async () => {
    const random = vi.spyOn(Math, 'random').mockReturnValue(0.5)
    const { feed, states } = openUrl([{ chunks: ['event: sse.error\ndata: {}\n\n'] }], {
      reconnect: { jitterMs: 2, maxJitterMs: 1_000, maxAttempts: 5 },
      onError: () => {},
    })
    await closed(feed)
    random.mockRestore()
    const attempts = states.flatMap((status) => (status.state === 'waiting' ? [status.attempt] : []))
    expect(attempts).toEqual([2, 3, 4, 5, 6])
  })

  it('waits at least as long as the server’s retry', async () => {
    const { feed, states } = openUrl([{ chunks: ['retry: 3600000\n\ndata: 1\n\n'] }])
    await new Promise<void>((resolve) => feed.onStatus(({ state }) => state === 'waiting' && resolve()))
    const waiting = states.at(-1)
    expect(waiting?.state === 'waiting' && (waiting.retryAt ?? 0) - Date.now()).toBeGreaterThan(3_590_000)
  })

  it('calls the function for headers before each attempt, and waits for it', async () => {
    let token = 0
    const headers = async () => {
      await setTimeout(1)
      if (++token === 2) throw new Error('offline')
      return { authorization: `Bearer ${token}` }
    }
    const onError = vi.fn()
    const { feed, script } = openUrl([{}, { chunks: [END] }], { headers, onError })
    await closed(feed)
    expect((await script.seen()).map(({ headers }) => headers.authorization)).toEqual([
      'Bearer 1',
      'Bearer 3',
    ])
    expect(onError.mock.calls).toEqual([
      [expect.objectContaining({ code: 'network', cause: new Error('offline') })],
    ])
  })

  it('sends method, body and headers with each attempt', async () => {
    const { feed, script } = openUrl([{}, { chunks: [END] }], {
      method: 'POST',
      body: 'a=1',
      headers: { 'x-a': 'b' },
      reconnect: { ...quick, resend: true },
    })
    await closed(feed)
    const request = { method: 'POST', body: 'a=1', headers: { 'x-a': 'b', accept: 'text/event-stream' } }
    expect(await script.seen()).toMatchObject([request, request])
  })
})

describe('closing', () => {
  const reasonOf = (feed: { status: FeedStatus }) => feed.status.state === 'closed' && feed.status.reason

  it.each<[string, ScriptedResponse]>([
    ['open', { chunks: ['data: 1\n\n'], ending: 'hang' }],
    ['waiting', { status: 500 }],
  ])('while %s leaves nothing open, and no request follows', async (state, response) => {
    const { feed, script } = openUrl([response], { reconnect: { jitterMs: 50 }, onError: () => {} })
    await new Promise<void>((resolve) => feed.onStatus((status) => status.state === state && resolve()))
    feed.close()
    feed.close()
    expect(reasonOf(feed)).toBe('closed')
    await expect.poll(() => script.open()).toBe(0)
    await setTimeout(120) // a request would come within 50 ms
    expect(await script.seen()).toHaveLength(1)
  })

  it('before the first request prevents it', async () => {
    const { feed, script } = openUrl([{ chunks: [END] }])
    feed.close()
    await setTimeout(20)
    expect(await script.seen()).toEqual([])
    expect(reasonOf(feed)).toBe('closed')
  })

  it('while headers are prepared prevents the request', async () => {
    let started!: ReturnType<typeof openUrl>
    let answer = (_: Record<string, string>) => {}
    const asked = new Promise<void>((resolve) => {
      const headers = () => {
        resolve()
        return new Promise<Record<string, string>>((give) => {
          answer = give
        })
      }
      started = openUrl([{ chunks: [END] }], { headers })
    })
    await asked
    started.feed.close()
    answer({})
    await setTimeout(20)
    expect(await started.script.seen()).toEqual([])
  })

  it('in a listener stops dispatching at once, and keeps the id of the event last seen', async () => {
    const { feed } = openUrl([{ chunks: ['id: 1\ndata: 1\n\nid: 2\ndata: 2\n\n'], ending: 'hang' }])
    const seen: string[] = []
    feed.on('message', (data) => {
      seen.push(`a${data}`)
      feed.close()
    })
    feed.on('message', (data) => seen.push(`b${data}`))
    await closed(feed)
    await setTimeout(10)
    expect(seen).toEqual(['a1'])
    expect(feed.lastEventId).toBe('1')
  })

  it('by a signal works, also if it is already aborted', async () => {
    const controller = new AbortController()
    const { feed, script } = openUrl([{ ending: 'hang' }], { signal: controller.signal })
    await new Promise<void>((resolve) => feed.onStatus(({ state }) => state === 'open' && resolve()))
    controller.abort()
    expect(reasonOf(feed)).toBe('aborted')
    await expect.poll(() => script.open()).toBe(0)
    const late = openUrl([{ chunks: [END] }], { signal: controller.signal })
    expect(reasonOf(late.feed)).toBe('aborted')
    expect(await late.script.seen()).toEqual([])
  })

  it('removes the listener of a signal that outlives the feed', async () => {
    const { signal } = new AbortController()
    const { feed } = openUrl([{ chunks: [END] }], { signal })
    expect(getEventListeners(signal, 'abort')).toHaveLength(1)
    await closed(feed)
    expect(getEventListeners(signal, 'abort')).toEqual([])
  })

  it('happens at the end of a block with using', async () => {
    const { script, feed } = openUrl([{ ending: 'hang' }])
    {
      using scoped = feed
      await new Promise<void>((resolve) => scoped.onStatus(({ state }) => state === 'open' && resolve()))
    }
    expect(reasonOf(feed)).toBe('closed')
    await expect.poll(() => script.open()).toBe(0)
  })

  it('ends a loop without an error', async () => {
    const { feed } = openUrl([{ chunks: ['data: 1\n\n'], ending: 'hang' }])
    let count = 0
    for await (const _ of feed) {
      count++
      feed.close()
    }
    expect(count).toBe(1)
  })
})

describe('wrong usage', () => {
  const codeOf = (task: () => unknown): SseError['code'] => {
    try {
      task()
    } catch (error) {
      if (isSseError(error)) return `${error.code}: ${error.message}`
    }
    return 'nothing'
  }

  it('throws where the mistake is', () => {
    expect(codeOf(() => connect('/stream'))).toBe(
      'option_invalid: connect: "/stream" is not a URL; outside a page, give baseUrl',
    )
    expect(codeOf(() => connect(leads, { params: { owner: 'a' } }))).toMatch(
      /^option_invalid: .*give baseUrl$/,
    )
    expect(codeOf(() => connect('/stream', { baseUrl: 'http://a/?tenant=1' }))).toBe(
      'option_invalid: connect: baseUrl "http://a/?tenant=1" must have no query: add it in url()',
    )
    expect(codeOf(() => connect(leads, { baseUrl: 'http://a', params: {} as never }))).toMatch(
      /^param_missing: .*"owner"/,
    )
    expect(codeOf(() => connect(leads, { baseUrl: 'http://a', params: { owner: '..' } }))).toMatch(
      /^param_missing/,
    )
    expect(codeOf(() => connect('http://a', { reconnect: { jitterMs: -1 } }))).toMatch(
      /^option_invalid: .*jitterMs/,
    )
    expect(codeOf(() => connect('http://a', { reconnect: { maxAttempts: Number.NaN } }))).toMatch(
      /maxAttempts/,
    )
  })

  it.each([
    ['http://app.example', 'http://app.example/leads/a%20%2Fb'],
    ['http://app.example/', 'http://app.example/leads/a%20%2Fb'],
    ['http://app.example/api/v1/', 'http://app.example/api/v1/leads/a%20%2Fb'],
  ])('does not include a baseUrl with a path: %s precedes the contract’s path', async (baseUrl, expected) => {
    const asked = await new Promise((resolve) => {
      const fetchOnce: typeof fetch = async (url) => {
        resolve(url)
        return new Response(null, { status: 204 })
      }
      connect(leads, { baseUrl, params: { owner: 'a /b' }, fetch: fetchOnce })
    })
    expect(asked).toBe(expected)
  })

  it('closes the feed if fetch does not stream, without another attempt', async () => {
    const fetchWhole = vi.fn(
      async () => new Response(null, { headers: { 'content-type': 'text/event-stream' } }),
    )
    const feed = connect('http://a/', { fetch: fetchWhole, onError: () => {} })
    expect(await closed(feed)).toMatchObject({ reason: 'error', error: { code: 'option_invalid' } })
    expect(fetchWhole).toHaveBeenCalledOnce()
  })

  it('closes the feed if the polyfill is to POST', async () => {
    const feed = connect('http://a/', { transport: polyfillTransport, method: 'POST', onError: () => {} })
    expect(await closed(feed)).toMatchObject({ reason: 'error', error: { code: 'option_invalid' } })
  })
})
