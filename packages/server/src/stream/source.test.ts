import { isSseError } from '@sse/contract'
import { describe, expect, it, vi } from 'vitest'
import { stream } from '../fixtures/adapter-servers.ts'
import { type Source, sse, type UntypedEvent } from '../index.ts'

/** Reads an untyped stream through the root handler, whole. */
async function read(source: Source<UntypedEvent, never>, onError = vi.fn()): Promise<string> {
  const response = await sse(source as Source<UntypedEvent, unknown>, { onError })(new Request('http://a/'))
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
  ])('%s is streamed', async (_, make) => {
    expect(await read(make())).toBe(`:\n\n${frames}id: sse.end\nevent: sse.end\ndata: \n\n`)
  })

  it('an array serves any number of connections', async () => {
    const handler = sse(events)
    for (let connection = 0; connection < 2; connection++) {
      expect(await (await handler(new Request('http://a/'))).text()).toContain(frames)
    }
  })

  it('an empty source is an end', async () => {
    expect(await read([])).toBe(':\n\nid: sse.end\nevent: sse.end\ndata: \n\n')
  })

  it('a generator object that is used up is refused by name', async () => {
    const onError = vi.fn()
    const handler = sse(events.values(), { onError })
    expect((await handler(new Request('http://a/'))).status).toBe(200)
    expect((await handler(new Request('http://a/'))).status).toBe(500)
    expect(onError.mock.calls[0]?.[0]).toMatchObject({
      code: 'source_invalid',
      message: expect.stringContaining('Pass the function that makes it'),
    })
  })

  it('a yield that can’t be sent is an error at that yield, which the generator may catch', async () => {
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
    expect(text).toBe(':\n\ndata: fine\n\nid: sse.end\nevent: sse.end\ndata: \n\n')
  })

  it('a yield that can’t be sent ends a source that can’t catch it, as its error', async () => {
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

  it('an event written out is one of the contract’s, checked like those of event()', async () => {
    const caught: unknown[] = []
    const handler = sse(stream, async function* () {
      for (const bad of [{ event: 'nope', data: 1 }, { data: 1 }, { event: 'count', data: 1n }]) {
        try {
          yield bad as never
        } catch (error) {
          caught.push(isSseError(error) && error.code)
        }
      }
      yield { event: 'count', data: 1, id: '7' } as const
    })
    const text = await (await handler(new Request('http://a/leads/1'))).text()
    expect(text).toContain('\n\nid: 7\nevent: count\ndata: 1\n\n')
    expect(caught).toEqual(['event_unknown', 'message_invalid', 'payload_invalid'])
  })

  it.each([undefined, null, 5, 'text', {}])(
    'a function that gives %j is an error that says so',
    async (given) => {
      const onError = vi.fn()
      const handler = sse(() => given as never, { onError })
      expect((await handler(new Request('http://a/'))).status).toBe(500)
      expect(onError.mock.calls[0]?.[0]).toMatchObject({
        code: 'source_invalid',
        message: expect.stringContaining('it must be an async generator function'),
      })
    },
  )

  it('a ReadableStream that serves a second connection is refused by name', async () => {
    const onError = vi.fn()
    const handler = sse(readable(events), { onError })
    expect(await (await handler(new Request('http://a/'))).text()).toContain(frames)
    expect((await handler(new Request('http://a/'))).status).toBe(500)
    expect(onError.mock.calls[0]?.[0]).toMatchObject({ code: 'source_invalid' })
  })

  it('an onError that throws harms nobody', async () => {
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
})
