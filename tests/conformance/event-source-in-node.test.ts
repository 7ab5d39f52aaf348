import { EventSource, type EventSourceErrorEvent } from '@sse/client/event-source'
import fc from 'fast-check'
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest'
import { Script } from '../support/script-client.ts'
import { type ScriptedResponse, startScriptServer } from '../support/script-server.ts'
import { classTransport } from './class-transport.ts'
import { collect, heardByName } from './collect.ts'
import { PARSING } from './parsing.ts'
import { readByTheStandard } from './read-by-the-standard.ts'
import { RESPONSES } from './responses.ts'
import { splitAnywhere, streamBytes } from './streams.ts'

const server = await startScriptServer()
afterAll(() => server.close())
const sources: EventSource[] = []
afterEach(() => {
  for (const source of sources.splice(0)) source.close()
})

function open(plan: ScriptedResponse[], options: ConstructorParameters<typeof EventSource>[1] = {}) {
  const script = new Script(server.origin, plan)
  const source = new EventSource(script.url, options)
  sources.push(source)
  const heard: [type: string, state: number, ...data: string[]][] = []
  source.addEventListener('open', () => heard.push(['open', source.readyState]))
  source.addEventListener('error', (event) =>
    heard.push(['error', source.readyState, ...('data' in event ? [String(event.data)] : [])]),
  )
  source.addEventListener('message', ({ data }) => heard.push(['message', source.readyState, data]))
  const closed = () => vi.waitFor(() => expect(source.readyState).toBe(2), { timeout: 10_000, interval: 2 })
  const hears = (count: number) =>
    vi.waitFor(() => expect(heard.length).toBeGreaterThanOrEqual(count), { timeout: 10_000, interval: 2 })
  return { source, script, heard, closed, hears }
}

const respond = (pieces: Uint8Array[]) =>
  new Response(
    new ReadableStream({
      start(controller) {
        for (const piece of pieces) controller.enqueue(piece)
        controller.close()
      },
    }),
    { headers: { 'content-type': 'text/event-stream' } },
  )
const toBytes = (chunk: string | number[]) =>
  typeof chunk === 'string' ? new TextEncoder().encode(chunk) : Uint8Array.from(chunk)

describe('EventSource reads a stream', () => {
  it.each(PARSING)('$name', async ({ stream, events }) => {
    const chunks = typeof stream === 'string' ? [stream] : stream
    const collected = await collect(classTransport, 'http://a/', {
      fetch: async () => respond(chunks.map(toBytes)),
    })
    expect(collected.events).toEqual(events)
  })

  it('with the standard’s events for any split of the bytes', async () => {
    await fc.assert(
      fc.asyncProperty(streamBytes, fc.infiniteStream(fc.nat(7)), async (bytes, sizes) => {
        const fetch = async () => respond(splitAnywhere(bytes, sizes))
        const { events } = await collect(classTransport, 'http://a/', { fetch })
        expect(events).toEqual(heardByName(readByTheStandard(bytes)))
      }),
      { numRuns: 500 },
    )
  })
})

describe('EventSource checks a response before reading it', () => {
  it.each(RESPONSES)('$name', async ({ response, outcome }) => {
    const { heard, closed, source, hears } = open([response])
    if (outcome === 'open') {
      await hears(2)
      expect(heard.slice(0, 2)).toEqual([
        ['open', 1],
        ['message', 1, 'a'],
      ])
      source.close()
    } else {
      await closed()
      expect(heard).toEqual([['error', 2]])
    }
  })
})

describe('the EventSource interface', () => {
  it('has the standard’s constants, attributes and errors', () => {
    const source = new EventSource('http://127.0.0.1:9/a b')
    sources.push(source)
    expect([EventSource.CONNECTING, EventSource.OPEN, EventSource.CLOSED]).toEqual([0, 1, 2])
    expect([source.CONNECTING, source.OPEN, source.CLOSED]).toEqual([0, 1, 2])
    expect(() => Object.assign(EventSource, { OPEN: 5 })).toThrow(TypeError)
    expect(source).toBeInstanceOf(EventTarget)
    expect(source).toMatchObject({ url: 'http://127.0.0.1:9/a%20b', withCredentials: false, readyState: 0 })
    expect(new EventSource('http://127.0.0.1:9/', { withCredentials: true }).withCredentials).toBe(true)
    const withNull = new EventSource('http://127.0.0.1:9/', null as never) // as a dictionary, null is empty
    sources.push(withNull)
    expect(withNull.withCredentials).toBe(false)
    expect(() => new EventSource('/leads')).toThrow(expect.objectContaining({ name: 'SyntaxError' }))
    expect(() => new EventSource('http://a b')).toThrow(DOMException)
  })

  it('is a WebIDL interface: name, tag, enumerable members on the prototype, required argument', () => {
    const { prototype } = EventSource
    expect(EventSource.name).toBe('EventSource')
    expect(EventSource).toHaveLength(1)
    expect(Object.prototype.toString.call(prototype)).toBe('[object EventSource]')
    const members = ['url', 'withCredentials', 'readyState', 'onopen', 'onmessage', 'onerror', 'close']
    for (const name of [...members, 'CONNECTING', 'OPEN', 'CLOSED']) {
      expect(Object.getOwnPropertyDescriptor(prototype, name)?.enumerable, name).toBe(true)
    }
    const readOnly = members.slice(0, 3).map((name) => Object.getOwnPropertyDescriptor(prototype, name)?.set)
    expect(readOnly).toEqual([undefined, undefined, undefined])
    expect(() => prototype.url).toThrow(TypeError)
    expect(() => Reflect.construct(EventSource, [])).toThrow(TypeError)
    expect(() => Reflect.construct(EventSource, ['http://127.0.0.1:9/', 5])).toThrow(TypeError)
    expect(Object.keys(new EventSource('http://127.0.0.1:9/'))).toEqual([])
    expect(Symbol.for('eventsource.supports-fetch-override') in EventSource).toBe(true)
  })

  it('has handler attributes: null removes one, a value that is not a function is not called, the first place stays', async () => {
    const { source, hears } = open([{ chunks: ['data: 1\n\ndata: 2\n\n'], ending: 'hang' }])
    const calls: string[] = []
    source.onmessage = () => calls.push('first attribute')
    source.addEventListener('message', () => calls.push('listener'))
    source.onmessage = function (event) {
      calls.push(`attribute ${this === source} ${event.data}`)
      this.onmessage = null
    }
    source.onopen = {} as never
    source.onerror = 5 as never
    expect(source.onerror).toBe(null)
    await hears(3)
    expect(calls).toEqual(['attribute true 1', 'listener', 'listener'])
  })

  it('fires each event in its own turn: code that awaits one and then the next receives both', async () => {
    const { source } = open([{ chunks: ['data: 1\n\ndata: 2\n\ndata: 3\n\n'], ending: 'hang' }])
    const next = () =>
      new Promise<string>((resolve) =>
        source.addEventListener('message', ({ data }) => resolve(data), { once: true }),
      )
    expect([await next(), await next(), await next()]).toEqual(['1', '2', '3'])
  })

  it('has events with the origin after redirects, and the id', async () => {
    const target = new Script(server.origin, [{ chunks: ['id: 7\ndata: x\n\n'], ending: 'hang' }])
    const { source } = open([{ status: 307, headers: { location: target.url }, contentType: null }])
    const event = await new Promise<MessageEvent>((resolve) => source.addEventListener('message', resolve))
    expect(event).toMatchObject({ data: 'x', origin: server.origin, lastEventId: '7', type: 'message' })
    expect(source.lastEventId).toBe('7')
  })

  it('treats events named open, error and __proto__ as messages', async () => {
    const chunks = [
      'event: open\ndata: o\n\nevent: error\ndata: e\n\nevent: __proto__\ndata: p\n\ndata: m\n\n',
    ]
    const { source, heard, hears } = open([{ chunks, ending: 'hang' }])
    const odd: string[] = []
    source.addEventListener('__proto__', ({ data }) => odd.push(data))
    await hears(4)
    expect(heard).toEqual([
      ['open', 1],
      ['open', 1],
      ['error', 1, 'e'],
      ['message', 1, 'm'],
    ])
    expect(odd).toEqual(['p'])
  })

  it('fires nothing after close() in a listener, not even events of the same chunk', async () => {
    const { source, heard, hears, script } = open([{ chunks: ['data: 1\n\ndata: 2\n\n'], ending: 'hang' }])
    source.addEventListener('message', () => source.close())
    await hears(2)
    await vi.waitFor(async () => expect(await script.open()).toBe(0))
    expect(heard).toEqual([
      ['open', 1],
      ['message', 1, '1'],
    ])
  })
})

describe('error events of EventSource', () => {
  const errorOf = (source: EventSource) =>
    new Promise<EventSourceErrorEvent>((resolve) => source.addEventListener('error', resolve, { once: true }))

  it('have the status of the response that closed the source', async () => {
    const refused = await errorOf(open([{ status: 403 }]).source)
    expect(refused).toMatchObject({ type: 'error', code: 403, message: expect.stringContaining('403') })
    const ended = await errorOf(open([{ status: 204 }]).source)
    expect(ended).toMatchObject({ code: 204, message: 'Server sent HTTP 204, not reconnecting' })
    const other = await errorOf(open([{ contentType: 'text/html' }]).source)
    expect(other).toMatchObject({ code: 200, message: expect.stringContaining('text/html') })
  })

  it('have the reason of a failed connection, and no status', async () => {
    const source = new EventSource('http://127.0.0.1:9/')
    sources.push(source)
    const { code, message, target, isTrusted } = await errorOf(source)
    expect({ code, target, isTrusted }).toEqual({ code: undefined, target: source, isTrusted: false })
    expect(message).toMatch(/fetch failed|ECONNREFUSED|bad port/)
  })

  it.each(['ftp://127.0.0.1/', 'about:blank', 'http://ada:secret@127.0.0.1/'])(
    '%s closes the source at once',
    async (url) => {
      const source = new EventSource(url)
      sources.push(source)
      expect(await errorOf(source)).toMatchObject({ code: undefined, message: expect.any(String) })
      expect(source.readyState).toBe(2)
    },
  )

  it('a fetch that returns no web stream closes the source', async () => {
    const fetch = async () => ({
      status: 200,
      headers: new Headers({ 'content-type': 'text/event-stream' }),
      body: 'text',
    })
    const source = new EventSource('http://127.0.0.1:9/', { fetch: fetch as never })
    expect(await errorOf(source)).toMatchObject({
      code: 200,
      message: 'Invalid response body, expected a web ReadableStream',
    })
    expect(source.readyState).toBe(2)
  })
})

it('control events of this library and events named gap are dispatched as they are', async () => {
  const { source } = open([
    { chunks: ['event: sse.end\ndata: a\n\nevent: gap\ndata: b\n\n'], ending: 'hang' },
  ])
  const heard: string[] = []
  for (const name of ['sse.end', 'gap'])
    source.addEventListener(name, ({ data }) => heard.push(`${name} ${data}`))
  await vi.waitFor(() => expect(heard).toEqual(['sse.end a', 'gap b']))
  expect(source.readyState).toBe(1)
})

describe('EventSource reconnects', () => {
  it('after the last id, whatever its characters, with the delay the server requested', async () => {
    const { script, heard, hears, source } = open([
      { chunks: ['retry: 1\nid: é漢\ndata: 1\n\nid\ndata: no\n'] },
      { chunks: ['data: 2\n\n'], ending: 'hang' },
    ])
    await hears(5)
    expect(heard).toEqual([
      ['open', 1],
      ['message', 1, '1'],
      ['error', 0],
      ['open', 1],
      ['message', 1, '2'],
    ])
    expect(source.reconnectionTime).toBe(1)
    const [, second] = await script.seen()
    expect(Buffer.from(String(second?.headers['last-event-id']), 'latin1').toString()).toBe('é漢')
  })

  it.each(['0', '2147483648', '9'.repeat(400)])(
    'without flooding the server after retry: %s',
    async (retry) => {
      const { script } = open([{ chunks: [`retry: ${retry}\n\n`] }])
      await new Promise((resolve) => setTimeout(resolve, 1_200))
      expect((await script.seen()).length).toBeLessThanOrEqual(3)
    },
  )

  it('after a failed network, but not after 204', async () => {
    const ended = open([{ status: 204 }])
    await ended.closed()
    expect(ended.heard).toEqual([['error', 2]])
    const source = new EventSource('http://127.0.0.1:9/')
    sources.push(source)
    await new Promise((resolve) => source.addEventListener('error', resolve, { once: true }))
    expect(source.readyState).toBe(0)
  })
})

describe('EventSource.fromReadableStream', () => {
  it('reads the stream, closes with it, and never reconnects', async () => {
    const { body } = new Response('retry: 5\nid: 1\nevent: tick\ndata: a\n\ndata: b')
    const source = EventSource.fromReadableStream(body as ReadableStream<Uint8Array>)
    const heard: string[] = []
    source.addEventListener('open', () => heard.push('open'))
    source.addEventListener('tick', ({ data }) => heard.push(data))
    await new Promise((resolve) => source.addEventListener('error', resolve))
    expect(heard).toEqual(['open', 'a'])
    expect(source).toMatchObject({
      url: 'about:event-stream',
      readyState: 2,
      lastEventId: '1',
      reconnectionTime: 5,
    })
  })

  it('cancels the stream on close', async () => {
    const cancel = vi.fn()
    EventSource.fromReadableStream(new ReadableStream({ cancel })).close()
    await vi.waitFor(() => expect(cancel).toHaveBeenCalledOnce())
  })
})
