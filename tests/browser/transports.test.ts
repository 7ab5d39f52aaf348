import { fetchTransport, nativeTransport, type Transport } from '@sse/client'
import { polyfillTransport } from '@sse/client/polyfill'
import fc from 'fast-check'
import { beforeAll, describe, expect, inject, it, vi } from 'vitest'
import { collect } from '../conformance/collect.ts'
import { PARSING, type TransportName } from '../conformance/parsing.ts'
import { RESPONSES } from '../conformance/responses.ts'
import { splitAnywhere, streamBytes } from '../conformance/streams.ts'
import { Script } from '../support/script-client.ts'

const origin = inject('scriptOrigin')
const isFirefox = navigator.userAgent.includes('Firefox')
const transports: { name: TransportName; transport: Transport }[] = [
  { name: 'fetch', transport: fetchTransport },
  { name: isFirefox ? 'native Firefox' : 'native Chromium', transport: nativeTransport },
  { name: 'polyfill', transport: polyfillTransport },
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
    const tellsStatus = !name.startsWith('native')
    it.concurrent.for(RESPONSES)('$name', async ({ response, outcome, deviations }, context) => {
      const expected = deviations?.[name] ?? outcome
      // What is open comes back when it ends; what is refused may be asked again by the network stack (408).
      const script = new Script(origin, outcome === 'open' ? [response, { status: 204 }] : [response])
      const { events, isOpened, end } = await collect(transport, script.url)
      context.expect(isOpened).toBe(expected === 'open')
      context.expect(events).toEqual(expected === 'open' ? [['message', 'a', '']] : [])
      if (expected === 'open') return
      if (tellsStatus && expected === 'ended') context.expect(end).toBe('ended')
      else context.expect(end).toMatchObject({ code: tellsStatus ? expected : 'http_status' })
    })
  })
})

describe('any split of any bytes', () => {
  it('gives the events that the browser’s own EventSource gives', async () => {
    await fc.assert(
      fc.asyncProperty(
        streamBytes,
        fc.infiniteStream(fc.integer({ min: 1, max: 9 })),
        async (bytes, sizes) => {
          const chunks = splitAnywhere(bytes, sizes).map((piece) => [...piece])
          const plan = () => new Script(origin, [{ chunks }, { status: 204 }]).url
          const [ours, native] = await Promise.all([
            collect(fetchTransport, plan()),
            collect(nativeTransport, plan()),
          ])
          expect(ours.events).toEqual(native.events)
        },
      ),
      { numRuns: isFirefox ? 0 : 60, endOnFailure: true },
    )
  })
})
