import { once } from 'node:events'
import { connect as connectHttp2 } from 'node:http2'
import { connect as connectSocket } from 'node:net'
import { END_ID, SseError } from '@sse/contract'
import { afterEach, describe, expect, it, vi } from 'vitest'
import {
  ADAPTERS,
  type RunningServer,
  startHttp2,
  startNode,
  type TestSource,
} from './testing/adapter-servers.ts'

const running: RunningServer[] = []
afterEach(() => Promise.all(running.splice(0).map((server) => server.close())))

const SSE = 'text/event-stream; charset=utf-8'
const END = `id: ${END_ID}\nevent: sse.end\ndata: \n\n`

/** Resolves when it is called, with what it was called with. */
function awaitable<Value>() {
  let call: (value: Value) => void = () => {}
  const called = new Promise<Value>((resolve) => {
    call = resolve
  })
  return { call, called }
}

describe.each(ADAPTERS)('$name', ({ start, hasCors }) => {
  async function open(source: TestSource, options?: Parameters<typeof start>[1]) {
    const server = await start(source, options)
    running.push(server)
    return (path: string, init?: RequestInit) => fetch(server.origin + path, init)
  }

  it('streams the events of the path’s owner, then the end', async () => {
    const get = await open(async function* ({ params, event }) {
      yield event('text', params.owner, { id: '1' })
      yield event('count', 2)
    })
    const response = await get('/leads/Ada%20%C3%A9')
    expect(response.status).toBe(200)
    expect(await response.text()).toBe(
      `:\n\nid: 1\nevent: text\ndata: "Ada é"\n\nevent: count\ndata: 2\n\n${END}`,
    )
  })

  it('says so to intermediaries, and keeps the framework’s own headers', async () => {
    const get = await open(async function* () {})
    const { headers } = await get('/leads/1', { headers: { origin: 'https://app.example' } })
    expect(headers.get('content-type')).toBe(SSE)
    expect(headers.get('cache-control')).toBe('no-cache, no-transform')
    expect(headers.get('x-accel-buffering')).toBe('no')
    expect(headers.get('content-encoding')).toBeNull()
    expect(headers.get('access-control-allow-origin')).toBe(hasCors ? '*' : null)
  })

  it.each([
    ['the header', '/leads/1', { 'last-event-id': 'plain' }, 'plain'],
    ['the header’s UTF-8 bytes', '/leads/1', { 'last-event-id': utf8('é漢😀') }, 'é漢😀'],
    ['the query', `/leads/1?lastEventId=${encodeURIComponent('é漢😀')}`, {}, 'é漢😀'],
    ['the header before the query', '/leads/1?lastEventId=b', { 'last-event-id': 'a' }, 'a'],
  ])('reads the last event id from %s', async (_, path, headers, expected) => {
    const get = await open(async function* ({ event, lastEventId }) {
      yield event('text', lastEventId ?? 'none')
    })
    expect(await (await get(path, { headers })).text()).toContain(`data: ${JSON.stringify(expected)}\n`)
  })

  it.each(['x'.repeat(1025), utf8('é'.repeat(1025)), 'x'.repeat(5000)])(
    'refuses a last event id that nobody sent',
    async (id) => {
      const source = vi.fn()
      const get = await open(source, { onError: () => {} })
      const response = await get('/leads/1', { headers: { 'last-event-id': id } })
      expect(response.status).toBe(400)
      expect(await response.json()).toMatchObject({ code: 'last_event_id_invalid' })
      expect(source).not.toHaveBeenCalled()
    },
  )

  it('answers a client that has seen the end with 204, without the source', async () => {
    const source = vi.fn()
    const get = await open(source)
    const response = await get('/leads/1', { headers: { 'last-event-id': END_ID } })
    expect(response.status).toBe(204)
    expect(await response.text()).toBe('')
    expect(source).not.toHaveBeenCalled()
  })

  it('answers HEAD and ends it, without the source', async () => {
    const source = vi.fn()
    const get = await open(source)
    const response = await get('/leads/1', { method: 'HEAD' })
    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toBe(SSE)
    expect(source).not.toHaveBeenCalled()
  })

  it('refuses whom authorize refuses, with its status', async () => {
    const source = vi.fn()
    const authorize = ({ params }: { params: { owner: string } }) => {
      if (params.owner === 'nobody') throw new SseError('unauthorized', 'Sign in first')
      if (params.owner === 'busy') throw new SseError('busy', 'Come back', { status: 503 })
      return params.owner === 'ada'
    }
    const get = await open(source, { authorize, onError: () => {} })
    for (const [owner, status, code] of [
      ['bob', 403, 'forbidden'],
      ['nobody', 401, 'unauthorized'],
      ['busy', 503, 'busy'],
    ]) {
      const response = await get(`/leads/${owner}`)
      expect(response.status).toBe(status)
      expect(response.headers.get('content-type')).toMatch(/^application\/json/)
      expect(await response.json()).toMatchObject({ code })
    }
    expect(source).not.toHaveBeenCalled()
  })

  it('masks what a source throws before its first event, as a status', async () => {
    const onError = vi.fn()
    const get = await open(
      // biome-ignore lint/correctness/useYield: it fails before it has anything to yield
      async function* () {
        throw new Error('password is hunter2')
      },
      { onError },
    )
    const response = await get('/leads/1')
    expect(response.status).toBe(500)
    expect(await response.json()).toEqual({ code: 'internal', message: 'Internal error' })
    expect(onError).toHaveBeenCalledExactlyOnceWith(
      expect.objectContaining({ message: 'password is hunter2' }),
      expect.anything(),
    )
  })

  it('says what a source throws after its first event, masked unless it is an SseError', async () => {
    const get = await open(
      async function* ({ event, params }) {
        yield event('count', 1)
        throw params.owner === 'secret' ? new Error('hunter2') : new SseError('quota', 'Used up')
      },
      { onError: () => {} },
    )
    const masked = await (await get('/leads/secret')).text()
    expect(masked).toContain('event: sse.error\ndata: {"code":"internal","message":"Internal error"}\n\n')
    expect(masked).not.toContain(END_ID)
    expect(await (await get('/leads/1')).text()).toContain('data: {"code":"quota","message":"Used up"}\n\n')
  })

  it('an invalid payload is an error at its event(), never a frame', async () => {
    const onError = vi.fn()
    const get = await open(
      async function* ({ event }) {
        yield event('count', 1)
        yield event('count', 1n as never)
      },
      { onError },
    )
    const text = await (await get('/leads/1')).text()
    expect(text.match(/event: count/g)).toHaveLength(1)
    expect(text).toContain('"code":"internal"')
    expect(onError.mock.calls[0]?.[0]).toMatchObject({ code: 'payload_invalid' })
  })

  it('a client that leaves aborts the signal and runs finally', async () => {
    const aborted = awaitable<unknown>()
    const finished = awaitable<true>()
    const get = await open(async function* ({ event, signal }) {
      signal.addEventListener('abort', () => aborted.call(signal.reason))
      try {
        yield event('count', 1)
        await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
      } finally {
        finished.call(true)
      }
    })
    const client = new AbortController()
    const response = await get('/leads/1', { signal: client.signal })
    await response.body?.getReader().read()
    client.abort()
    expect(await aborted.called).toMatchObject({ code: 'client_gone' })
    expect(await finished.called).toBe(true)
  })

  it('a source that is merely slow does not delay the open', async () => {
    const ready = awaitable<true>()
    const get = await open(async function* ({ event }) {
      await ready.called
      yield event('count', 1)
    })
    const response = await get('/leads/1') // would hang until the timeout
    expect(response.status).toBe(200)
    ready.call(true)
    expect(await response.text()).toContain('data: 1\n')
  })
})

describe('a POST, whose body is read', () => {
  it.each(ADAPTERS.filter(({ name }) => ['express', 'fastify', 'koa', 'hono', 'web'].includes(name)))(
    'streams on $name: the request’s close is not the client’s',
    async ({ start }) => {
      const server = await start(async function* ({ event, signal }) {
        for (let count = 0; count < 3; count++) {
          await new Promise((resolve) => setTimeout(resolve, 5))
          if (signal.aborted) return
          yield event('count', count)
        }
      })
      running.push(server)
      const response = await fetch(`${server.origin}/leads/1`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: '{"since":1}',
      })
      expect(await response.text()).toContain('data: 2\n')
    },
  )
})

describe('HTTP/2', () => {
  it('streams without headers that belong to HTTP/1.1, and hears of a reset', async () => {
    const aborted = awaitable<unknown>()
    const server = await startHttp2(async function* ({ event, signal }) {
      signal.addEventListener('abort', () => aborted.call(signal.reason))
      yield event('count', 1)
      await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
    })
    running.push(server)
    const session = connectHttp2(server.origin)
    const request = session.request({ ':path': '/leads/1' })
    const [headers] = await once(request, 'response')
    expect(Object.keys(headers).sort()).toEqual([
      ':status',
      'cache-control',
      'content-type',
      'date',
      'x-accel-buffering',
    ])
    expect(String((await once(request, 'data'))[0])).toContain('data: 1\n')
    request.close()
    expect(await aborted.called).toMatchObject({ code: 'client_gone' })
    session.destroy()
  })
})

describe('raw sockets', () => {
  it('serves what is pipelined behind a HEAD, and hears when the socket closes', async () => {
    const aborted = awaitable<unknown>()
    const server = await startNode(async function* ({ event, params, signal }) {
      yield event('text', params.owner)
      if (params.owner !== 'waiting') return
      signal.addEventListener('abort', () => aborted.call(signal.reason))
      await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
    })
    running.push(server)
    const socket = connectSocket(Number(new URL(server.origin).port), '127.0.0.1')
    const request = (method: string, owner: string) => `${method} /leads/${owner} HTTP/1.1\r\nhost: a\r\n\r\n`
    socket.write(request('HEAD', 'a') + request('GET', 'b') + request('GET', 'waiting'))
    let text = ''
    for await (const chunk of socket.iterator({ destroyOnReturn: false })) {
      text += chunk
      if (text.includes('"waiting"')) break
    }
    expect(text.match(/HTTP\/1.1 200 OK/g)).toHaveLength(3)
    socket.destroy()
    expect(await aborted.called).toMatchObject({ code: 'client_gone' })
  })

  it('a pipelined stream whose turn never came hears when the socket closes', async () => {
    const aborted = awaitable<unknown>()
    const opened = awaitable<true>()
    const server = await startNode(async function* ({ event, params, signal }) {
      if (params.owner === 'second') {
        signal.addEventListener('abort', () => aborted.call(signal.reason))
        opened.call(true)
      }
      yield event('text', params.owner)
      await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
    })
    running.push(server)
    const socket = connectSocket(Number(new URL(server.origin).port), '127.0.0.1')
    socket.write('GET /leads/first HTTP/1.1\r\nhost: a\r\n\r\nGET /leads/second HTTP/1.1\r\nhost: a\r\n\r\n')
    await opened.called
    socket.destroy()
    expect(await aborted.called).toMatchObject({ code: 'client_gone' })
  })

  it('a client of HTTP/1.0 gets the stream until it closes', async () => {
    const server = await startNode(async function* ({ event }) {
      yield event('count', 1)
    })
    running.push(server)
    const socket = connectSocket(Number(new URL(server.origin).port), '127.0.0.1')
    socket.write('GET /leads/1 HTTP/1.0\r\n\r\n')
    let text = ''
    for await (const chunk of socket) text += chunk
    expect(text).not.toMatch(/transfer-encoding/i)
    expect(text.endsWith(`event: count\ndata: 1\n\n${END}`)).toBe(true)
  })
})

/** As browsers send an id: one character a byte. */
function utf8(text: string): string {
  return Buffer.from(text).toString('latin1')
}
