import { SseError } from '@sse/contract'
import { END_ID } from '@sse/contract/protocol'
import { awaitable } from '@sse/test-support/awaitable'
import { afterEach, describe, expect, it, vi } from 'vitest'
import {
  ADAPTERS,
  type RunningServer,
  type TestOptions,
  type TestSource,
} from '../fixtures/adapter-servers.ts'

const running: RunningServer[] = []
afterEach(() => Promise.all(running.splice(0).map((server) => server.close())))

const SSE = 'text/event-stream; charset=utf-8'
const END = `id: ${END_ID}\nevent: sse.end\ndata: \n\n`

describe.each(ADAPTERS)('sse of $name', ({ name, start, fetch, hasCors }) => {
  async function open(source: TestSource, options?: TestOptions, prefix?: string) {
    const server = await start(source, options, prefix)
    running.push(server)
    return (path: string, init?: RequestInit) => fetch(server.origin + path, init)
  }

  it('streams the events for the path’s parameter, then sse.end', async () => {
    const get = await open(async function* ({ params, event }) {
      yield event('text', params.owner, { id: '1' })
      yield event('count', 2)
    })
    const response = await get('/leads/Ada%20%C3%A9')
    expect(response.status).toBe(200)
    expect(await response.text()).toBe(
      `:\nid: 1\nevent: text\ndata: "Ada é"\n\nevent: count\ndata: 2\n\n${END}`,
    )
  })

  it('sends headers that stop intermediaries from buffering, and keeps the framework’s own', async () => {
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
    ['the query, once decoded', `/leads/1?lastEventId=${encodeURIComponent('\xc3\xa9')}`, {}, '\xc3\xa9'],
    ['the header before the query', '/leads/1?lastEventId=b', { 'last-event-id': 'a' }, 'a'],
    ['nowhere if it is empty', '/leads/1?lastEventId=', {}, 'none'],
  ])('reads the last event id from %s', async (_, path, headers, expected) => {
    const get = await open(async function* ({ event, lastEventId }) {
      yield event('text', lastEventId ?? 'none')
    })
    expect(await (await get(path, { headers })).text()).toContain(`data: ${JSON.stringify(expected)}\n`)
  })

  it.each(['x'.repeat(1025), utf8('é'.repeat(1025)), 'x'.repeat(5000)])(
    'rejects a last event id of more than 1,024 characters: %#',
    async (id) => {
      const source = vi.fn()
      const get = await open(source, { onError: () => {} })
      const response = await get('/leads/1', { headers: { 'last-event-id': id } })
      expect(response.status).toBe(400)
      expect(await response.json()).toMatchObject({ code: 'last_event_id_invalid' })
      expect(source).not.toHaveBeenCalled()
    },
  )

  it('answers a client that has seen the end with 204 and never starts the source', async () => {
    const source = vi.fn()
    const get = await open(source)
    const response = await get('/leads/1', { headers: { 'last-event-id': END_ID } })
    expect(response.status).toBe(204)
    expect(response.headers.get('cache-control')).toBe('no-store')
    expect(await response.text()).toBe('')
    expect(source).not.toHaveBeenCalled()
  })

  it('answers HEAD with the stream’s headers and never starts the source', async () => {
    const source = vi.fn()
    const get = await open(source)
    const response = await get('/leads/1', { method: 'HEAD' })
    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toBe(SSE)
    expect(response.headers.get('cache-control')).toBe('no-store')
    expect(source).not.toHaveBeenCalled()
  })

  it('answers with the status of authorize’s refusal', async () => {
    const source = vi.fn()
    const authorize = ({ params }: { params: { owner: string } }) => {
      if (params.owner === 'nobody') throw new SseError('unauthorized', 'Sign in first')
      if (params.owner === 'missing') return undefined
      if (params.owner === 'busy') throw new SseError('busy', 'Try later', { status: 503 })
      return params.owner === 'ada'
    }
    const get = await open(source, { authorize, onError: () => {} })
    for (const [owner, status, code] of [
      ['bob', 403, 'forbidden'],
      ['nobody', 401, 'unauthorized'],
      ['missing', 401, 'unauthorized'],
      ['busy', 503, 'busy'],
    ]) {
      const response = await get(`/leads/${owner}`)
      expect(response.status).toBe(status)
      expect(response.headers.get('content-type')).toMatch(/^application\/json/)
      expect(response.headers.get('cache-control')).toBe('no-store')
      expect(await response.json()).toMatchObject({ code })
    }
    expect(source).not.toHaveBeenCalled()
  })

  it('masks an error thrown by authorize and reports it to onError with the context', async () => {
    const onError = vi.fn()
    const authorize = async () => {
      throw new Error('password is hunter2')
    }
    const get = await open(vi.fn(), { authorize, onError })
    const response = await get('/leads/ada')
    expect(response.status).toBe(500)
    expect(await response.json()).toEqual({ code: 'internal', message: 'Internal error' })
    expect(onError).toHaveBeenCalledExactlyOnceWith(
      expect.objectContaining({ message: 'password is hunter2' }),
      expect.objectContaining({ params: { owner: 'ada' } }),
    )
  })

  it('never starts the source when the client leaves during authorize', async () => {
    const source = vi.fn()
    const onError = vi.fn()
    const asked = awaitable<true>()
    const decision = awaitable<true>()
    const gone = awaitable<unknown>()
    const authorize = async ({ signal }: { signal: AbortSignal }) => {
      signal.addEventListener('abort', () => gone.call(signal.reason))
      asked.call(true)
      return decision.called
    }
    const get = await open(source, { authorize, onError })
    const client = new AbortController()
    const answer = get('/leads/1', { signal: client.signal }).catch(() => 'closed')
    await asked.called
    client.abort()
    expect(await gone.called).toMatchObject({ code: 'client_gone' })
    decision.call(true)
    expect(await answer).toBe('closed')
    for (let turns = 0; turns < 5; turns++) await new Promise((resolve) => setImmediate(resolve))
    expect(source).not.toHaveBeenCalled()
    expect(onError).not.toHaveBeenCalled()
  })

  it('answers 500 when a source throws before its first event, and masks the error', async () => {
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

  it('sends sse.error when a source throws after its first event, masked unless it is an SseError', async () => {
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

  it('throws at event() for an invalid payload and never writes it', async () => {
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

  it('aborts the signal and runs finally when the client leaves', async () => {
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

  it('streams under a prefix', async () => {
    const get = await open(
      async function* ({ event, params }) {
        yield event('text', params.owner)
      },
      {},
      '/api',
    )
    expect(await (await get('/api/leads/ada')).text()).toContain('data: "ada"\n')
    expect((await get('/leads')).status).toBe(404)
  })

  // Nest's decorator takes GET.
  if (!name.startsWith('nest'))
    it('streams to a POST whose body has been read', async () => {
      const get = await open(async function* ({ event, signal }) {
        for (let count = 0; count < 3; count++) {
          await new Promise((resolve) => setTimeout(resolve, 5))
          if (signal.aborted) return
          yield event('count', count)
        }
      })
      const response = await get('/leads/1', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: '{"since":1}',
      })
      expect(response.headers.get('content-type')).toBe(SSE)
      expect(await response.text()).toContain('data: 2\n')
    })

  it('opens the response before a slow source yields its first event', async () => {
    const ready = awaitable<true>()
    const get = await open(async function* ({ event }) {
      await ready.called
      yield event('count', 1)
    })
    const response = await get('/leads/1') // without the promise, the test times out
    expect(response.status).toBe(200)
    ready.call(true)
    expect(await response.text()).toContain('data: 1\n')
  })
})

/** An id as browsers send it: one character per byte. */
function utf8(text: string): string {
  return Buffer.from(text).toString('latin1')
}
