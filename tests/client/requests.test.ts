import { type ConnectOptions, connect, type FeedStatus } from '@sse/client'
import { encodeMessage } from '@sse/contract/protocol'
import fc from 'fast-check'
import { afterEach, describe, expect, it, vi } from 'vitest'

const closing: (() => unknown)[] = []
afterEach(() => {
  for (const close of closing.splice(0)) close()
  vi.unstubAllGlobals()
})

const EVENT_STREAM = { 'content-type': 'text/event-stream' }
const quick = { jitterMs: 1, maxJitterMs: 2 }

function bodyOf(...chunks: string[]): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(new TextEncoder().encode(chunk))
      controller.close()
    },
  })
}

/** A feed whose `fetch` gives the responses one after the other, the last one for all that follow. */
function open(responses: (() => unknown)[], options: ConnectOptions = {}, url = 'http://app.example/') {
  const fetch = vi.fn(async () => responses[Math.min(fetch.mock.calls.length, responses.length) - 1]?.())
  const onError = vi.fn()
  const feed = connect(url, { reconnect: quick, onError, ...options, fetch: fetch as never })
  closing.push(() => feed.close())
  const states: FeedStatus[] = []
  feed.onStatus((status) => states.push(status))
  const seen: unknown[] = []
  feed.on('message', (data) => seen.push(data))
  const until = (state: FeedStatus['state']) =>
    vi.waitFor(() => expect(states.map((status) => status.state)).toContain(state), { timeout: 5_000 })
  return { feed, fetch, onError, states, seen, until }
}

const stream =
  (...chunks: string[]) =>
  () =>
    new Response(bodyOf(...chunks), { headers: EVENT_STREAM })
const ENDED = () => new Response(null, { status: 204 })

describe('a request that fails at every attempt', () => {
  it.each<[string, ConnectOptions, string?]>([
    ['a line end in a header', { headers: { 'x-token': 'a\nb' } }],
    ['a character beyond Latin-1 in a header', { headers: { 'x-name': '漢' } }],
    ['GET with a body', { body: 'question' }],
    ['TRACE', { method: 'TRACE' }],
    ['credentials in the URL', {}, 'http://ada:secret@app.example/'],
    ['an ftp: URL', {}, 'ftp://app.example/'],
    ['about:blank', {}, 'about:blank'],
    ['a function that returns an ftp: URL', { url: () => 'ftp://app.example/' }],
    ['an id with a line end', { lastEventId: 'a\nb' }],
  ])('closes the feed at once with option_invalid: %s', async (_, options, url) => {
    const { feed, fetch, until } = open([stream()], options, url)
    await until('closed')
    expect(feed.status).toMatchObject({ reason: 'error', error: { code: 'option_invalid' } })
    expect(fetch).not.toHaveBeenCalled()
  })

  it('is not caused by a platform without the request option "cache"', async () => {
    class WorkerRequest {
      constructor(_url: string, init: RequestInit) {
        if ('cache' in init) throw new TypeError('The "cache" field is not implemented')
      }
    }
    vi.stubGlobal('Request', WorkerRequest)
    const { seen, fetch, until } = open([stream('data: 1\n\n'), ENDED])
    await until('closed')
    expect(seen).toEqual(['1'])
    expect(fetch.mock.calls[0]).toEqual([
      'http://app.example/',
      expect.not.objectContaining({ cache: expect.anything() }),
    ])
  })

  it.each<[string, () => unknown]>([
    ['a string', () => 'data: 1\n\n'],
    ['undefined', () => undefined],
    ['a response without headers', () => ({ status: 200, body: bodyOf('data: 1\n\n') })],
    [
      'a response whose body another reader has locked',
      () => {
        const response = stream('data: 1\n\n')()
        response.body?.getReader()
        return response
      },
    ],
    ['a response without a body', () => ({ status: 200, headers: new Headers(EVENT_STREAM), body: null })],
    [
      'a response whose body is a stream of Node',
      () => ({ status: 200, headers: new Headers(EVENT_STREAM), body: { pipe() {}, on() {} } }),
    ],
    [
      'a response whose body is a stream of text',
      () => ({
        status: 200,
        headers: new Headers(EVENT_STREAM),
        body: new ReadableStream({ start: (controller) => controller.enqueue('data: 1\n\n') }),
      }),
    ],
  ])('closes the feed when the option fetch returns %s', async (_, response) => {
    const { feed, fetch, until } = open([response])
    await until('closed')
    expect(feed.status).toMatchObject({ reason: 'error', error: { code: 'option_invalid' } })
    expect(fetch).toHaveBeenCalledOnce()
  })
})

describe('the content type of a response', () => {
  const respond = (type: string) => () =>
    new Response(bodyOf('data: 1\n\n'), { headers: { 'content-type': type } })

  it.each([
    'text/event-stream, text/event-stream',
    'text/html, text/event-stream;charset=utf-8',
    'text/event-stream, */*',
    'text/event-stream, nonsense',
    'TEXT/Event-Stream ; charset="a,b"',
  ])('%j is an event stream, as the last valid type counts', async (type) => {
    const { seen, until } = open([respond(type), ENDED])
    await until('closed')
    expect(seen).toEqual(['1'])
  })

  it.each(['text/event-stream, text/html', 'text/event-stream-x', ''])(
    '%j is not an event stream',
    async (type) => {
      const { feed, until } = open([respond(type)])
      await until('closed')
      expect(feed.status).toMatchObject({ error: { code: 'content_type' } })
    },
  )
})

it('a global named Zone that is not zone.js changes nothing', async () => {
  vi.stubGlobal('Zone', class Zone {})
  const { seen, until } = open([stream('data: 1\n\n'), ENDED])
  await until('closed')
  expect(seen).toEqual(['1'])
})

describe('the body of a refusal', () => {
  async function causeOf(body: BodyInit, type = 'application/json') {
    const { feed, until } = open([
      () => new Response(body, { status: 403, headers: { 'content-type': type } }),
    ])
    await until('closed')
    const { status } = feed
    const error =
      status.state === 'closed' && status.reason === 'error' ? status.error : expect.fail('no error')
    expect(error).toMatchObject({ code: 'http_status', status: 403 })
    return error.cause
  }

  it('gives the error its code and message', async () => {
    expect(await causeOf('{"code":"quota","message":"Used up"}')).toMatchObject({
      code: 'quota',
      message: 'Used up',
    })
  })

  it('may have a media type in upper case, or a more specific one', async () => {
    const body = '{"code":"quota","message":"Used up"}'
    expect(await causeOf(body, 'Application/JSON; charset=utf-8')).toMatchObject({ code: 'quota' })
    expect(await causeOf(body, 'application/problem+json')).toMatchObject({ code: 'quota' })
  })

  it('may arrive in several chunks', async () => {
    const body = bodyOf('{"code":"quo', 'ta","message":"Used up"}')
    expect(await causeOf(body)).toMatchObject({ code: 'quota', message: 'Used up' })
  })

  it('adds only fields it has: a message of FastAPI or Spring without a code', async () => {
    const cause = await causeOf('{"detail":"Not authenticated"}')
    expect(cause).toMatchObject({ message: 'Not authenticated' })
    expect(cause).not.toHaveProperty('code')
    expect(await causeOf('{"status":403,"error":"Forbidden","message":"Denied"}')).toMatchObject({
      message: 'Denied',
    })
  })

  it('names the parameter that FastAPI could not read', async () => {
    const detail = [
      { type: 'int_parsing', loc: ['header', 'last-event-id'], msg: 'Input should be a valid integer' },
    ]
    expect(await causeOf(JSON.stringify({ detail }))).toMatchObject({
      message: 'header,last-event-id: Input should be a valid integer',
    })
  })

  it.each([
    '[]',
    'null',
    '5',
    '{"detail":[{"loc":["query"]}]}',
    '{"detail":[{"msg":"Field required"}]}',
    '{"detail":[]}',
    '{"code":5}',
    '{}',
    '{"code":',
  ])('adds nothing when it is %s', async (body) => {
    expect(await causeOf(body)).toBe(undefined)
  })

  it('may be anything: random bytes and JSON never end in anything but an http_status', async () => {
    const types = fc.constantFrom('application/json', 'application/problem+json', 'text/html', 'nonsense')
    const bodies = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc.json().map((text) => new TextEncoder().encode(text)),
      fc
        .record({ code: fc.anything(), message: fc.anything(), detail: fc.anything() }, { requiredKeys: [] })
        .map((fields) => new TextEncoder().encode(toJson(fields))),
    )
    await fc.assert(
      fc.asyncProperty(bodies, types, async (body, type) => {
        const cause = await causeOf(body as Uint8Array<ArrayBuffer>, type)
        if (cause === undefined) return
        expect(cause).toBeInstanceOf(Error)
        const { code, message } = cause as { code?: unknown; message: unknown }
        expect(typeof message).toBe('string')
        expect(['string', 'undefined']).toContain(typeof code)
        // What it says stood in the body.
        const text = new TextDecoder().decode(body)
        for (const said of [code, message])
          if (said) expect(text).toContain(JSON.stringify(said).slice(1, -1))
      }),
      { numRuns: 100 },
    )
  })

  function toJson(value: unknown): string {
    try {
      return JSON.stringify(value, (_, part) => (typeof part === 'bigint' ? String(part) : part)) ?? ''
    } catch {
      return ''
    }
  }

  it('names the URL without its query', async () => {
    const { feed, until } = open(
      [() => new Response(null, { status: 404 })],
      {},
      'http://app.example/leads?ticket=s',
    )
    await until('closed')
    expect(feed.status).toMatchObject({
      error: { message: expect.stringMatching(/404.*http:\/\/app\.example\/leads$/) },
    })
  })
})

describe('Retry-After', () => {
  it('as a date is relative to the Date of the response, whatever the clock of the client', async () => {
    const yesterday = Date.now() - 86_400_000
    const headers = {
      date: new Date(yesterday).toUTCString(),
      'retry-after': new Date(yesterday + 60_000).toUTCString(),
    }
    const { feed, until } = open([() => new Response(null, { status: 503, headers })])
    await until('waiting')
    const { status } = feed
    const delay = status.state === 'waiting' ? Number(status.retryAt) - Date.now() : -1
    expect(delay).toBeGreaterThan(55_000)
    expect(delay).toBeLessThan(61_000)
  })

  it('is at most one hour', async () => {
    const headers = { 'retry-after': '99999999999' }
    const { feed, until } = open([() => new Response(null, { status: 503, headers })])
    await until('waiting')
    const { status } = feed
    expect(status.state === 'waiting' && Number(status.retryAt) - Date.now()).toBeLessThanOrEqual(3_600_100)
  })
})

describe('a request with another method than GET', () => {
  const prompt = { method: 'POST', body: 'prompt' }

  it('is not sent again after its response ended: the feed closes with "ended"', async () => {
    const { feed, fetch, seen, until } = open([stream('data: 1\n\n')], prompt)
    await until('closed')
    expect(feed.status).toEqual({ state: 'closed', reason: 'ended' })
    expect(seen).toEqual(['1'])
    expect(fetch).toHaveBeenCalledOnce()
  })

  it('closes with the error of the server if the response ended after one', async () => {
    const failed = encodeMessage({ event: 'sse.error', data: '{"code":"quota","message":"Used up"}' })
    const { feed, until } = open([stream(failed)], prompt)
    await until('closed')
    expect(feed.status).toMatchObject({ reason: 'error', error: { code: 'quota' } })
  })

  it('is sent again with reconnect.resend, and after a failed connection', async () => {
    const resent = open([stream('data: 1\n\n'), ENDED], { ...prompt, reconnect: { ...quick, resend: true } })
    await resent.until('closed')
    expect(resent.fetch).toHaveBeenCalledTimes(2)
    const failed = open([() => Promise.reject(new TypeError('fetch failed')), stream('data: 1\n\n')], prompt)
    await failed.until('closed')
    expect(failed.seen).toEqual(['1'])
    expect(failed.fetch).toHaveBeenCalledTimes(2)
  })
})

it('an SseError of another copy of the package decides like one of this copy', async () => {
  class OtherSseError extends Error {
    code = 'http_status'
    kind = 'client'
    status = 403
  }
  Object.assign(OtherSseError.prototype, { [Symbol.for('@sse/SseError')]: true })
  const refresh = vi.fn(async () => {
    throw new OtherSseError('Signed out')
  })
  const { feed, until } = open([() => new Response(null, { status: 401 })], { refresh })
  await until('closed')
  expect(feed.status).toMatchObject({ reason: 'error', error: { message: 'Signed out' } })
  expect(refresh).toHaveBeenCalledOnce()
})

describe('an acknowledgement', () => {
  async function ack(url: string) {
    const calls: { url: string; init: RequestInit }[] = []
    const fetch = async (target: string, init: RequestInit) => {
      calls.push({ url: target, init })
      return init.method === 'POST' ? new Response(null, { status: 204 }) : stream('id: 1\ndata: 1\n\n')()
    }
    const feed = connect(url, { fetch: fetch as never, reconnect: { maxAttempts: 0 }, onError: () => {} })
    closing.push(() => feed.close())
    await feed.ack('7')
    return calls.find(({ init }) => init.method === 'POST') ?? expect.fail('not sent')
  }

  it.each([
    ['http://app.example/leads', 'http://app.example/leads/ack'],
    ['http://app.example/leads/?a=/b#c', 'http://app.example/leads/ack?a=/b'],
    ['http://app.example', 'http://app.example/ack'],
  ])('for %s goes to %s', async (url, expected) => {
    expect((await ack(url)).url).toBe(expected)
  })

  it('has a content type, so that CSRF checks let it pass, and the body that belongs to it', async () => {
    const { init } = await ack('http://app.example/leads')
    expect(new Headers(init.headers).get('content-type')).toBe('application/json')
    expect(new Headers(init.headers).get('last-event-id')).toBe('7')
    expect(JSON.parse(String(init.body))).toEqual({})
  })

  it('changes no URL in place, which React Native cannot', async () => {
    class FrozenUrl extends URL {}
    Object.defineProperty(FrozenUrl.prototype, 'pathname', { get: () => '/leads' })
    vi.stubGlobal('URL', FrozenUrl)
    expect((await ack('http://app.example/leads')).url).toBe('http://app.example/leads/ack')
  })
})
