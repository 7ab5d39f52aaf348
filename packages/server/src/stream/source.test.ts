import { isSseError } from '@sse/contract'
import { describe, expect, it, vi } from 'vitest'
import { stream } from '../fixtures/adapter-servers.ts'
import { sse } from '../index.ts'
import type { Source, UntypedEvent } from './source.ts'

/** Reads an untyped stream through the root handler, whole. */
async function read(source: Source<UntypedEvent, never>, onError = vi.fn()): Promise<string> {
  const response = await sse({ onError }, source as Source<UntypedEvent, unknown>)(new Request('http://a/'))
  return await response.text()
}

function readable(items: readonly UntypedEvent[]): ReadableStream<UntypedEvent> {
  return new ReadableStream({
    start(controller) {
      for (const item of items) controller.enqueue(item)
      controller.close()
    },
  })
}

describe('sources', () => {
  const events: UntypedEvent[] = [{ data: 1 }, { data: 'two\nlines', event: 'tick', id: '7', retry: 100 }]
  const frames = 'data: 1\n\nid: 7\nevent: tick\nretry: 100\ndata: two\ndata: lines\n\n'

  it.each<[string, () => Source<UntypedEvent, unknown>]>([
    ['an array', () => events],
    ['a function that gives an array', () => () => events],
    ['a promise of one', () => async () => events],
    ['a generator function', () => () => events.values()],
    [
      'an async generator function',
      () =>
        async function* () {
          yield* events
        },
    ],
    ['a ReadableStream', () => () => readable(events)],
    [
      'a frozen event',
      () => [Object.freeze({ ...events[0] }), Object.freeze({ ...events[1] })] as UntypedEvent[],
    ],
  ])('streams %s', async (_, make) => {
    expect(await read(make())).toBe(`:\n${frames}id: sse.end\nevent: sse.end\ndata: \n\n`)
  })

  it('streams an array to any number of connections', async () => {
    const handler = sse(events)
    for (let connection = 0; connection < 2; connection++) {
      expect(await (await handler(new Request('http://a/'))).text()).toContain(frames)
    }
  })

  it('ends the stream of an empty source', async () => {
    expect(await read([])).toBe(':\nid: sse.end\nevent: sse.end\ndata: \n\n')
  })

  it('rejects a generator object that has served a connection, naming the fix', async () => {
    const onError = vi.fn()
    const handler = sse({ onError }, events.values())
    expect((await handler(new Request('http://a/'))).status).toBe(200)
    expect((await handler(new Request('http://a/'))).status).toBe(500)
    expect(onError.mock.calls[0]?.[0]).toMatchObject({
      code: 'source_invalid',
      message: expect.stringContaining('Pass the function that makes it'),
    })
  })

  it('throws at a yield that cannot be encoded, so that the generator may catch it', async () => {
    const caught: unknown[] = []
    const text = await read(async function* () {
      for (const bad of [{ data: 1n }, { data: 1, id: 'a\nb' }, { data: 1, event: 'a\rb' }, 5, null, {}]) {
        try {
          yield bad as UntypedEvent
        } catch (error) {
          caught.push(isSseError(error) && error.code)
        }
      }
      yield { data: 'fine' }
    })
    expect(caught).toEqual([
      'payload_invalid',
      'message_invalid',
      'message_invalid',
      'message_invalid',
      'message_invalid',
      'message_invalid',
    ])
    expect(text).toBe(':\ndata: fine\n\nid: sse.end\nevent: sse.end\ndata: \n\n')
  })

  it('ends a source that cannot catch the error of a yield', async () => {
    const onError = vi.fn()
    const cancelled = vi.fn()
    const stream = new ReadableStream({ start: (it) => it.enqueue({ data: 1n }), cancel: cancelled })
    for (const source of [[{ data: 1n }], stream]) {
      // The first event is fetched before the headers go, but only sent after them.
      expect(await read(source as Source<UntypedEvent, never>, onError)).toContain('event: sse.error\n')
    }
    expect(onError).toHaveBeenCalledTimes(2)
    expect(onError.mock.calls[1]?.[0]).toMatchObject({ code: 'payload_invalid' })
    expect(cancelled).toHaveBeenCalledOnce()
  })

  it('rejects plain messages in a stream with a contract', async () => {
    const caught: unknown[] = []
    const handler = sse(stream, async function* ({ event }) {
      for (const bad of [{ event: 'nope', data: 1 }, { data: 1 }, { event: 'count', data: 1 }, 'count']) {
        try {
          yield bad as never
        } catch (error) {
          caught.push(isSseError(error) && error.code)
        }
      }
      yield event('count', 1, { id: '7' })
    })
    const text = await (await handler(new Request('http://a/leads/1'))).text()
    expect(text).toContain(':\nid: 7\nevent: count\ndata: 1\n\n')
    expect(caught).toEqual(Array(4).fill('message_invalid'))
  })

  it.each([undefined, null, 5, 'text', {}])('rejects a source function that returns %j', async (given) => {
    const onError = vi.fn()
    const handler = sse({ onError }, () => given as never)
    expect((await handler(new Request('http://a/'))).status).toBe(500)
    expect(onError.mock.calls[0]?.[0]).toMatchObject({
      code: 'source_invalid',
      message: expect.stringContaining('it must be an async generator function'),
    })
  })

  it('rejects a second connection to one ReadableStream', async () => {
    const onError = vi.fn()
    const handler = sse({ onError }, readable(events))
    expect(await (await handler(new Request('http://a/'))).text()).toContain(frames)
    expect((await handler(new Request('http://a/'))).status).toBe(500)
    expect(onError.mock.calls[0]?.[0]).toMatchObject({ code: 'source_invalid' })
  })

  it('logs what onError throws, and the stream is not affected', async () => {
    const logged = vi.spyOn(console, 'error').mockImplementation(() => {})
    const onError = vi.fn(() => {
      throw new Error('logger down')
    })
    const text = await read(async function* () {
      yield { data: 1 }
      throw new Error('secret')
    }, onError)
    expect(text).toContain('sse.error')
    expect(logged).toHaveBeenCalledWith(expect.objectContaining({ message: 'logger down' }))
    logged.mockRestore()
  })

  const fail = (): never => {
    throw new Error('iterator')
  }
  it.each([
    ['whose next() returns undefined', () => ({ next: () => undefined })],
    ['whose next() resolves to null', () => ({ next: async () => null })],
    [
      'whose next() throws later',
      (calls: number) => ({ next: () => (calls > 1 ? fail() : { value: { data: 1 } }) }),
    ],
    [
      'whose next() returns a thenable that cannot be read',
      () => ({ next: () => Object.defineProperty({}, 'then', { get: fail }) }),
    ],
    [
      'whose results cannot be read',
      () => ({ next: () => Object.defineProperty({}, 'done', { get: fail }) }),
    ],
    [
      'whose values cannot be read',
      () => ({ next: () => ({ value: Object.defineProperty({}, 'data', { get: fail }) }) }),
    ],
    [
      'whose throw() cannot be read',
      () => Object.defineProperty({ next: () => ({ value: 5 }) }, 'throw', { get: fail }),
    ],
    [
      'whose return() cannot be read',
      () => Object.defineProperty({ next: () => ({ value: 5 }) }, 'return', { get: fail }),
    ],
  ] as [string, (calls: number) => object][])(
    'ends the stream of an iterator %s, and only that',
    async (_, make) => {
      const onError = vi.fn()
      let calls = 0
      const source = {
        [Symbol.asyncIterator]: () => ({
          get next() {
            calls += 1
            return (make(calls) as { next: unknown }).next
          },
          get throw() {
            return (make(calls) as { throw?: unknown }).throw
          },
          get return() {
            return (make(calls) as { return?: unknown }).return
          },
        }),
      }
      const response = await sse({ onError }, source as never)(new Request('http://a/'))
      expect(await response.text()).toMatch(/"?code"?:"internal"/)
      expect(onError).toHaveBeenCalled()
    },
  )
})
