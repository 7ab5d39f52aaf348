import { connect, fetchTransport } from '@sse/client'
import { nativeTransport } from '@sse/client/native'
import { polyfillTransport } from '@sse/client/polyfill'
import type { Transport } from '@sse/client/transport'
import { xhrTransport } from '@sse/client/xhr'
import { encodeMessage } from '@sse/contract/protocol'
import fc from 'fast-check'
import { beforeAll, describe, expect, inject, it, vi } from 'vitest'
import { classTransport } from '../conformance/class-transport.ts'
import { collect, heardByName } from '../conformance/collect.ts'
import { PARSING, type TransportName } from '../conformance/parsing.ts'
import { readByTheStandard } from '../conformance/read-by-the-standard.ts'
import { RESPONSES } from '../conformance/responses.ts'
import { splitAnywhere, streamBytes } from '../conformance/streams.ts'
import { Script } from '../support/script-client.ts'

const origin = inject('scriptOrigin')
const isFirefox = navigator.userAgent.includes('Firefox')
const transports: { name: TransportName; transport: Transport }[] = [
  { name: 'fetch', transport: fetchTransport },
  { name: 'XMLHttpRequest', transport: xhrTransport },
  { name: isFirefox ? 'native Firefox' : 'native Chromium', transport: nativeTransport },
  { name: 'polyfill', transport: polyfillTransport },
  { name: 'EventSource class', transport: classTransport },
]

// The polyfill logs what it also tells.
beforeAll(() => {
  vi.spyOn(console, 'error').mockImplementation(() => {})
  return () => vi.restoreAllMocks()
})

describe.each(transports)('$name', ({ name, transport }) => {
  describe('reading a stream', () => {
    // A URL has its limits: what is too long for one is tested in Node.
    it.concurrent.for(PARSING.filter(({ stream }) => stream.length < 10_000))(
      '$name',
      async ({ stream, events, deviations }, context) => {
        const chunks = typeof stream === 'string' ? [stream] : stream
        // What comes back by itself gets nothing more.
        const script = new Script(origin, [{ chunks }, { status: 204 }])
        const collected = await collect(transport, script.url)
        context.expect(collected.events).toEqual(deviations?.[name] ?? events)
      },
    )
  })

  describe('what must be a stream before it is read', () => {
    const tellsStatus = ['fetch', 'XMLHttpRequest', 'polyfill'].includes(name)
    it.concurrent.for(RESPONSES)('$name', async ({ response, outcome, deviations }, context) => {
      const expected = deviations?.[name] ?? outcome
      // What is open comes back when it ends; what is refused may be asked again by the network stack (408).
      const script = new Script(origin, outcome === 'open' ? [response, { status: 204 }] : [response])
      const { events, isOpened, end } = await collect(transport, script.url)
      context.expect(isOpened).toBe(expected === 'open')
      context.expect(events).toEqual(expected === 'open' ? [['message', 'a', '']] : [])
      if (expected === 'open') return
      if (tellsStatus && expected === 'ended') context.expect(end).toBe('no_content')
      else context.expect(end).toMatchObject({ code: tellsStatus ? expected : 'http_status' })
    })
  })

  it('reads the texts of a server as they were sent', async () => {
    const texts = ['', ' ', '\n', 'a\n\n b\n', 'a\0b', '\ufeff', 'data: x', '"🦊"']
    const chunks = [texts.map((data) => encodeMessage({ event: 'row', data })).join('')]
    const script = new Script(origin, [{ chunks }, { status: 204 }])
    using feed = connect(script.url, { transport })
    const seen: unknown[] = []
    feed.on('row', (row) => seen.push(row))
    // Firefox's own EventSource removes NUL.
    const expected = texts.map((data) => (name === 'native Firefox' ? data.replace('\0', '') : data))
    await vi.waitFor(() => expect(seen).toEqual(expected))
  })

  it('an event whose last CR has come is told at once', async () => {
    const script = new Script(origin, [{ chunks: ['data: a\r\r'], ending: 'hang' }])
    using feed = connect(script.url, { transport })
    expect(await feed[Symbol.asyncIterator]().next()).toMatchObject({ value: { payload: 'a' } })
  })

  it.each([301, 302, 303, 307, 308])('a redirect with %i is followed', async (status) => {
    const target = new Script(origin, [{ chunks: ['data: there\n\n'] }, { status: 204 }])
    const script = new Script(origin, [{ status, headers: { location: target.url }, contentType: null }])
    expect((await collect(transport, script.url)).events).toEqual([['message', 'there', '']])
  })

  it('asks with credentials only where they are asked for', async () => {
    // To a request with credentials, a browser takes "*" for a refusal.
    const anyone = { headers: { 'access-control-allow-origin': '*' }, chunks: ['data: a\n\n'] }
    const isOpened = async (credentials: RequestCredentials | undefined) => {
      const script = new Script(origin, [anyone, { status: 204 }])
      return (await collect(transport, script.url, { credentials })).isOpened
    }
    expect(await isOpened(undefined)).toBe(true)
    expect(await isOpened('include')).toBe(false)
  })

  it('starts after the id it is given, whatever its characters', async () => {
    const script = new Script(origin, [{ chunks: ['data: a\n\n'] }, { status: 204 }])
    await collect(transport, `${script.url}#part`, { lastEventId: 'é漢😀&' })
    const [{ url, headers } = expect.fail()] = await script.seen()
    const bytes = Uint8Array.from(String(headers['last-event-id'] ?? ''), (byte) => byte.charCodeAt(0))
    const id = new TextDecoder().decode(bytes) || new URL(url, origin).searchParams.get('lastEventId')
    expect(id).toBe('é漢😀&')
  })
})

describe('XMLHttpRequest alone', () => {
  it('reopens a response after 4 Mi characters, and resumes after its last id', async () => {
    const script = new Script(origin, [
      { chunks: ['id: 7\ndata: a\n\n:'], paddingBytes: 4 * 1024 * 1024, ending: 'hang' },
      { chunks: ['data: b\n\n'], ending: 'hang' },
    ])
    using feed = connect(script.url, { transport: xhrTransport, reconnect: { jitterMs: 1 } })
    const seen: unknown[] = []
    feed.on('message', (data) => seen.push(data))
    await vi.waitFor(() => expect(seen).toEqual(['a', 'b']), { timeout: 20_000 })
    const [, { headers } = expect.fail()] = await script.seen()
    expect(headers['last-event-id']).toBe('7')
    expect(await script.open()).toBe(1)
  })

  it('reports a header that it refuses as option_invalid, where there is no Request to check it', async () => {
    vi.stubGlobal('Request', undefined)
    try {
      const request = {
        ...{ url: origin, method: 'GET', body: undefined, credentials: undefined },
        ...{ lastEventId: '', eventNames: [], fetch },
      }
      const failed = () => xhrTransport({ ...request, headers: { 'not a name': '1' } }, {} as never)
      expect(failed).toThrowError(expect.objectContaining({ code: 'option_invalid' }))
    } finally {
      vi.unstubAllGlobals()
    }
  })
})

describe('any split of any bytes', () => {
  // Firefox's own EventSource deviates (the tables say where), so that there the standard's text is asked.
  const oracle = isFirefox ? 'the standard' : 'the browser’s own EventSource'
  it(`gives the events that ${oracle} gives`, async () => {
    await fc.assert(
      fc.asyncProperty(
        streamBytes,
        fc.infiniteStream(fc.integer({ min: 1, max: 9 })),
        async (bytes, sizes) => {
          const chunks = splitAnywhere(bytes, sizes).map((piece) => [...piece])
          const read = async (by: Transport) =>
            (await collect(by, new Script(origin, [{ chunks }, { status: 204 }]).url)).events
          const [overFetch, overXhr, expected] = await Promise.all([
            read(fetchTransport),
            read(xhrTransport),
            isFirefox ? readByTheStandard(bytes) : read(nativeTransport),
          ])
          expect(heardByName(overFetch)).toEqual(heardByName(expected))
          expect(heardByName(overXhr)).toEqual(heardByName(expected))
        },
      ),
      { numRuns: 60, endOnFailure: true },
    )
  })
})
