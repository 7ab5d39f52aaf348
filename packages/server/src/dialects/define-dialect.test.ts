import { createServer } from 'node:http'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { listen, stream } from '../fixtures/adapter-servers.ts'
import { read, serveHub, testHub } from '../fixtures/hub-server.ts'
import { eventually, scoped } from '../fixtures/server-scope.ts'
import { sse } from '../node/node.ts'
import { aiSdk, type Dialect, defineDialect, plain } from './index.ts'

afterEach(() => {
  vi.useRealTimers()
})

const SECRET = 'postgres://admin:secret@10.0.0.1'

function throwing(): never {
  throw new Error('dialect')
}

/** Serves a stream that yields 1, and then does what `act` does. Returns what a client reads. */
async function readStream(given: Dialect, act: () => unknown = () => {}, options = {}) {
  const errors: unknown[] = []
  const onError = (error: unknown) => errors.push(error)
  const handler = sse(
    stream,
    { dialect: defineDialect(given), onError, ...options },
    async function* ({ event }) {
      yield event('count', 1)
      await act()
    },
  )
  const { origin } = await scoped(listen(createServer(handler)))
  const reading = fetch(`${origin}/leads/1`).then((response) => response.text())
  return { text: await reading.catch(() => 'cut off'), errors }
}

describe('a function of a dialect', () => {
  const CASES: [what: string, returned: unknown, message: string][] = [
    ['a text', 'data: forged\n\n', 'dialect.end returned string'],
    ['a number', 7, 'dialect.end returned number'],
    ['null', null, 'dialect.end returned null'],
    ['a promise', Promise.resolve({ data: 1 }), 'dialect.end returned a promise'],
    ['an array with a hole in it', [{ data: 1 }, undefined], 'dialect.end returned undefined'],
    ['an empty object', {}, 'a message needs data'],
    ['an event name with a line end', { event: 'a\ndata: forged' }, 'event must not contain CR'],
    ['an id with NUL', { id: 'a\0' }, 'id must not contain CR'],
    ['data that is not JSON', { data: { n: 1n } }, 'is not JSON'],
    ['a retry that is no number', { retry: Number.NaN }, 'retry must be a whole number'],
  ]

  it.each(CASES)(
    'that returns %s is reported, and the stream ends without it',
    async (_, returned, message) => {
      const { text, errors } = await readStream({ end: () => returned as never })
      expect(text).toBe(':\nevent: count\ndata: 1\n\n')
      expect(errors).toEqual([expect.objectContaining({ message: expect.stringContaining(message) })])
    },
  )

  it('that throws is reported, and the stream ends without it', async () => {
    const thrown = new Error('dialect')
    const { text, errors } = await readStream({
      end() {
        throw thrown
      },
    })
    expect(text).toBe(':\nevent: count\ndata: 1\n\n')
    expect(errors).toEqual([thrown])
  })

  it('that rejects is reported and leaves no unhandled rejection', async () => {
    const thrown = new Error('dialect')
    const { errors } = await readStream({ end: (async () => Promise.reject(thrown)) as never })
    expect(errors).toEqual([expect.objectContaining({ code: 'message_invalid' }), thrown])
  })

  it('writes several data lines for data with line ends, and forges nothing', async () => {
    const { text } = await readStream({ end: () => ({ data: 'a\n\nevent: forged\r\ndata: b' }) })
    expect(text).toBe(':\nevent: count\ndata: 1\n\ndata: a\ndata: \ndata: event: forged\ndata: data: b\n\n')
  })

  it.each<[string, Dialect]>([
    ['returns nothing for a failure', { error: () => undefined }],
    ['is missing for a failure', {}],
    ['throws for a failure', { error: throwing }],
  ])('that %s cuts the response off, so that it does not look complete', async (_, given) => {
    const { text } = await readStream(given, () => {
      throw new Error(SECRET)
    })
    expect(text).toBe('cut off')
  })

  it('gets nothing of an internal error', async () => {
    const error = vi.fn(() => ({ data: 'failed' }))
    await readStream({ error }, () => {
      throw Object.assign(new Error(SECRET), { code: SECRET })
    })
    expect(error.mock.calls).toEqual([[{ code: 'internal', message: 'Internal error' }]])
  })

  it('that throws for each heartbeat and greeting leaves the stream as it is, with comments', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
    const errors: unknown[] = []
    const hub = testHub({ onError: (error) => errors.push(error) })
    const failing = defineDialect({ open: throwing, heartbeat: throwing, close: throwing })
    const { origin } = await serveHub(hub, { dialect: failing, onError: (error) => errors.push(error) })
    const reader = await read(`${origin}/leads/1`)
    await eventually(() => hub.stats().connections === 1)
    await hub.publish('everyone', 'count', 1)
    await reader.message('count')
    vi.advanceTimersByTime(15_000)
    await reader.until(({ text }) => text.endsWith(':\n'))
    await hub.drain()
    await reader.over()
    expect(reader.text).toMatch(/^:\nid: \w+-1\nevent: count\ndata: 1\n\n:\n$/)
    expect(errors).toHaveLength(3)
  })
})

describe('a definition is refused', () => {
  it.each<[string, unknown, string]>([
    ['without an object', undefined, 'a dialect must be an object, not undefined'],
    ['with null', null, 'a dialect must be an object, not null'],
    ['with a frame in place of a function', { end: { data: '[DONE]' } }, 'end must be a function'],
    ['with a header name that HTTP does not have', { headers: { 'a b': '1' } }, 'headers: '],
    ['with a header value that has a line end', { headers: { a: '1\r\nset-cookie: x=1' } }, 'headers: '],
  ])('%s', (_, given, message) => {
    expect(() => defineDialect(given as Dialect)).toThrow(
      expect.objectContaining({ code: 'option_invalid', message: expect.stringContaining(message) }),
    )
  })

  it.each([{ end: () => undefined }, 'plain', null, aiSdk])(
    'of a stream whose dialect is not made by defineDialect',
    (given) => {
      expect(() => sse(stream, { dialect: given as never }, [])).toThrow(
        expect.objectContaining({ code: 'option_invalid' }),
      )
    },
  )

  it('of plain() whose end is not a text', () => {
    expect(() => plain({ done: true as never })).toThrow(expect.objectContaining({ code: 'option_invalid' }))
  })
})
