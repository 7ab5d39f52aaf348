import { connect, fetchTransport } from '@sse/client'
import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import { Script } from '../support/script-client.ts'
import { startScriptServer } from '../support/script-server.ts'
import { collect } from './collect.ts'
import { type Dispatched, PARSING } from './parsing.ts'
import { readByTheStandard } from './read-by-the-standard.ts'
import { RESPONSES } from './responses.ts'
import { splitAnywhere, streamBytes } from './streams.ts'

const server = await startScriptServer()
afterAll(() => server.close())

describe('fetchTransport reads a stream', () => {
  it.each(PARSING)('$name', async ({ stream, events }) => {
    const chunks = typeof stream === 'string' ? [stream] : stream
    const collected = await collect(fetchTransport, 'http://a/', {
      fetch: async () => respond(chunks.map(toBytes)),
    })
    expect(collected.events).toEqual(events)
    expect(readByTheStandard(concat(chunks.map(toBytes))), 'the oracle').toEqual(events)
  })

  it('with the standard’s events for any split of the bytes', async () => {
    await fc.assert(
      fc.asyncProperty(streamBytes, fc.infiniteStream(fc.nat(7)), async (bytes, sizes) => {
        const pieces = splitAnywhere(bytes, sizes)
        const { events } = await collect(fetchTransport, 'http://a/', { fetch: async () => respond(pieces) })
        expect(events).toEqual(readByTheStandard(bytes) satisfies Dispatched[])
      }),
      { numRuns: 2_000 },
    )
  })

  it('and reports an event as soon as its last CR has arrived', async () => {
    const script = new Script(server.origin, [{ chunks: ['data: a\r\r'], ending: 'hang' }])
    const { events } = await collect(fetchTransport, script.url, {}, () => script.reset())
    expect(events).toEqual([['message', 'a', '']])
  })

  it('with a line of 8 MB in pieces of 1,460 bytes in linear time', async () => {
    const line = 'x'.repeat(8_000_000)
    const bytes = toBytes(`data: ${line}\n\n`)
    const pieces = Array.from({ length: Math.ceil(bytes.length / 1_460) }, (_, index) =>
      bytes.subarray(index * 1_460, (index + 1) * 1_460),
    )
    const { events } = await collect(fetchTransport, 'http://a/', { fetch: async () => respond(pieces) })
    expect(events[0]?.[1] === line).toBe(true)
  })

  it.each([
    ['0', [0]],
    ['2147483648', [2147483648]],
    ['9'.repeat(400), [Number.POSITIVE_INFINITY]],
    ['1000x', []],
    ['-5', []],
    ['1.5', []],
    ['', []],
  ])('and its retry: %s', async (retry, expected) => {
    const { retries } = await collect(fetchTransport, 'http://a/', {
      fetch: async () => respond([toBytes(`retry: ${retry}\n\n`)]),
    })
    expect(retries).toEqual(expected)
  })
})

describe('fetchTransport checks a response before reading it', () => {
  it.each(RESPONSES)('$name', async ({ response, outcome }) => {
    const { events, isOpened, end } = await collect(fetchTransport, new Script(server.origin, [response]).url)
    expect(isOpened).toBe(outcome === 'open')
    expect(events).toEqual(outcome === 'open' ? [['message', 'a', '']] : [])
    expect(end).toEqual(
      outcome === 'ended'
        ? 'no_content'
        : expect.objectContaining({ code: outcome === 'open' ? 'dropped' : outcome }),
    )
  })

  it.each(RESPONSES)('$name: the client reconnects only if that may help', async ({ response, heals }) => {
    const script = new Script(server.origin, [response, { status: 204 }])
    const feed = connect(script.url, { reconnect: { jitterMs: 1 }, onError: () => {} })
    await new Promise<void>((resolve) => feed.onStatus(({ state }) => state === 'closed' && resolve()))
    expect(await script.seen()).toHaveLength(heals ? 2 : 1)
  })

  it.each([301, 302, 303, 307, 308])('and follows a redirect with status %i', async (status) => {
    const target = new Script(server.origin, [{ chunks: ['data: there\n\n'] }])
    const script = new Script(server.origin, [
      { status, headers: { location: target.url }, contentType: null },
    ])
    expect((await collect(fetchTransport, script.url)).events).toEqual([['message', 'there', '']])
  })

  it('and reports an unreachable server as a network error', async () => {
    const { end } = await collect(fetchTransport, 'http://127.0.0.1:1/')
    expect(end).toMatchObject({ code: 'network', cause: expect.anything() })
  })

  it('and reports a reset connection as a network error after the events before it', async () => {
    const script = new Script(server.origin, [{ chunks: ['data: a\n\n'], ending: 'hang' }])
    const { end, events } = await collect(fetchTransport, script.url, {}, () => script.reset())
    expect(events).toEqual([['message', 'a', '']])
    expect(end).toMatchObject({ code: 'network' })
  })
})

describe('the request of fetchTransport', () => {
  it('accepts an event stream, bypasses caches, and resumes', async () => {
    const script = new Script(server.origin, [{}])
    await collect(fetchTransport, script.url, { lastEventId: 'é漢😀' })
    const [{ method, headers } = expect.fail()] = await script.seen()
    expect(method).toBe('GET')
    expect(headers.accept).toBe('text/event-stream')
    expect(headers['cache-control']).toBe('no-cache')
    expect(Buffer.from(String(headers['last-event-id']), 'latin1').toString()).toBe('é漢😀')
  })

  it('carries a method, a body and headers', async () => {
    const script = new Script(server.origin, [{}])
    await collect(fetchTransport, script.url, {
      method: 'POST',
      body: '{"a":1}',
      headers: { authorization: 'me' },
    })
    expect(await script.seen()).toMatchObject([
      { method: 'POST', body: '{"a":1}', headers: { authorization: 'me', accept: 'text/event-stream' } },
    ])
  })

  it('releases the body of a refused response: none of ten connections stays open', async () => {
    for (const response of [{ status: 500 }, { contentType: 'text/html' }]) {
      const script = new Script(server.origin, [{ ...response, paddingBytes: 200_000, ending: 'hang' }])
      for (let attempt = 0; attempt < 10; attempt++) await collect(fetchTransport, script.url)
      await expect.poll(() => script.open()).toBe(0)
    }
  })
})

function toBytes(chunk: string | number[]): Uint8Array {
  return typeof chunk === 'string' ? new TextEncoder().encode(chunk) : Uint8Array.from(chunk)
}

function concat(pieces: Uint8Array[]): Uint8Array {
  return Uint8Array.from(pieces.flatMap((piece) => [...piece]))
}

function respond(pieces: Uint8Array[]): Response {
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const piece of pieces) controller.enqueue(piece)
      controller.close()
    },
  })
  return new Response(body, { headers: { 'content-type': 'text/event-stream' } })
}
