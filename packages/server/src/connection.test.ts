import { connect as connectSocket, type Socket } from 'node:net'
import { isSseError } from '@sse/contract'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { type Source, sse, type UntypedEvent } from './index.ts'
import { type NodeNative, sse as sseNode } from './node.ts'
import { type RunningServer, startExpress, startNode, type TestSource } from './testing/adapter-servers.ts'

const running: RunningServer[] = []
const sockets: Socket[] = []
afterEach(async () => {
  vi.useRealTimers()
  for (const socket of sockets.splice(0)) socket.destroy()
  await Promise.all(running.splice(0).map((server) => server.close()))
})

const KILOBYTE = 'x'.repeat(1_000)
const turn = () => new Promise<void>((resolve) => setImmediate(resolve))

async function start(source: TestSource, options?: Parameters<typeof startNode>[1]): Promise<RunningServer> {
  const server = await startNode(source, options)
  running.push(server)
  return server
}

/** A client that reads nothing until it is told to. */
function stalledReader({ origin }: RunningServer): Socket {
  const socket = connectSocket(Number(new URL(origin).port), '127.0.0.1').pause()
  socket.write('GET /leads/1 HTTP/1.1\r\nhost: a\r\n\r\n')
  sockets.push(socket)
  return socket
}

/** Reads an untyped stream through the root handler, whole. */
async function read(source: Source<UntypedEvent, never>, onError = vi.fn()): Promise<string> {
  const response = await sse(source as Source<UntypedEvent, unknown>, { onError })(new Request('http://a/'))
  return await response.text()
}

describe('backpressure', () => {
  it('a source is not pulled while the socket is full, and goes on when it drains', async () => {
    let pulled = 0
    const server = await start(async function* ({ event }) {
      for (; ; pulled++) yield event('text', KILOBYTE)
    })
    const socket = stalledReader(server)
    await vi.waitUntil(() => pulled > 0)
    let before = -1
    await vi.waitUntil(
      () => {
        const isStill = pulled === before
        before = pulled
        return isStill
      },
      { interval: 100 },
    )
    // What the two kernels hold is theirs; beyond it at most a batch is pulled.
    expect(pulled).toBeLessThan(20_000)
    socket.resume()
    await vi.waitUntil(() => pulled > before + 5_000)
  })

  it('a client that vanishes while the socket is full ends the source', async () => {
    let isFinished = false
    let pulled = 0
    const server = await start(async function* ({ event }) {
      try {
        for (; ; pulled++) yield event('text', KILOBYTE)
      } finally {
        isFinished = true
      }
    })
    const socket = stalledReader(server)
    await vi.waitUntil(() => pulled > 1_000)
    socket.destroy()
    await vi.waitUntil(() => isFinished)
  })

  it('a full socket is not a disconnect: nothing is lost, repeated or out of order', async () => {
    const total = 20_000
    const server = await start(async function* ({ event }) {
      for (let count = 0; count < total; count++) yield event('text', `${count} ${KILOBYTE}`)
    })
    const socket = stalledReader(server)
    const numbers: number[] = []
    let text = ''
    socket.setEncoding('utf8').resume()
    for await (const chunk of socket) {
      text += chunk
      const complete = text.lastIndexOf('\n')
      for (const [, count] of text.slice(0, complete).matchAll(/data: "(\d+) /g)) numbers.push(Number(count))
      text = text.slice(complete)
      socket.pause()
      setImmediate(() => socket.resume())
      if (numbers.length >= total) break
    }
    expect(numbers).toEqual(Array.from({ length: total }, (_, count) => count))
  })

  it('a source that never waits lets timers and other requests run', async () => {
    const server = await start(async function* ({ event, params }) {
      if (params.owner === 'other') return
      for (;;) yield event('text', KILOBYTE)
    })
    stalledReader(server).resume()
    const response = await fetch(`${server.origin}/leads/other`)
    expect(await response.text()).toContain('sse.end')
  })

  it('a Web response that nobody reads is not filled without end', async () => {
    let pulled = 0
    const handler = sse(async function* () {
      for (; ; pulled++) yield { data: KILOBYTE }
    })
    const { body } = await handler(new Request('http://a/'))
    for (let turns = 0; turns < 100; turns++) await turn()
    expect(pulled).toBeLessThan(200)
    await body?.cancel()
  })
})

describe('batches', () => {
  it('what is yielded within a turn is one write, and the first does not wait for the next turn', async () => {
    const writes: string[] = []
    const server = await start(
      async function* ({ event }) {
        yield event('count', 0)
        for (let count = 1; count < 4; count++) {
          await turn()
          yield event('count', count)
          yield event('count', count)
        }
      },
      { authorize: (context) => spyOnWrites((context as unknown as NodeNative).res, writes) },
    )
    await (await fetch(`${server.origin}/leads/1`)).text()
    const counts = writes.map((write) => [...write.matchAll(/data: (\d)/g)].map(([, count]) => Number(count)))
    expect(counts).toEqual([[0], [1, 1], [2, 2], [3, 3]])
  })

  function spyOnWrites(res: { write: unknown }, writes: string[]): void {
    const write = res.write as (text: string) => boolean
    res.write = (text: string) => {
      writes.push(text)
      return write.call(res, text)
    }
  }

  it('reaches a client behind compression middleware one by one', async () => {
    const gates = Array.from({ length: 3 }, () => {
      let open = () => {}
      const opened = new Promise<void>((resolve) => {
        open = resolve
      })
      return { open, opened }
    })
    const server = await startExpress(async function* ({ event }) {
      for (const [count, { opened }] of gates.entries()) {
        yield event('count', count)
        await opened
      }
    })
    running.push(server)
    const response = await fetch(`${server.origin}/leads/1`, { headers: { 'accept-encoding': 'gzip' } })
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
    for (const [count, { open }] of gates.entries()) {
      let text = ''
      // Each event must arrive before the source is let on to the next.
      while (!text.includes(`data: ${count}\n`)) text += (await reader?.read())?.value
      open()
    }
  })
})

describe('a client that leaves', () => {
  it('before authorize has decided: the source never starts', async () => {
    const source = vi.fn()
    let decide = () => {}
    const decision = new Promise<void>((resolve) => {
      decide = resolve
    })
    const gone = new Promise<unknown>((resolve) => {
      const authorize = async ({ signal }: { signal: AbortSignal }) => {
        signal.addEventListener('abort', () => resolve(signal.reason))
        client.abort()
        await decision
      }
      startNode(source, { authorize }).then((server) => {
        running.push(server)
        fetch(`${server.origin}/leads/1`, { signal: client.signal }).catch(() => {})
      })
    })
    const client = new AbortController()
    expect(await gone).toMatchObject({ code: 'client_gone' })
    decide()
    for (let turns = 0; turns < 10; turns++) await turn()
    expect(source).not.toHaveBeenCalled()
  })

  it('before the request was handled: a Request that is aborted already', async () => {
    const source = vi.fn()
    const response = await sse(source)(new Request('http://a/', { signal: AbortSignal.abort() }))
    expect(await response.text()).toBe('')
    expect(source).not.toHaveBeenCalled()
  })

  it('by cancelling the body alone, without its signal', async () => {
    const onError = vi.fn()
    let reason: unknown
    const handler = sse(
      async function* ({ signal }) {
        signal.addEventListener('abort', () => {
          reason = signal.reason
        })
        yield { data: 1 }
        await new Promise(() => {})
      },
      { heartbeatMs: 1, onError },
    )
    const reader = (await handler(new Request('http://a/'))).body?.getReader()
    await reader?.read()
    await reader?.cancel()
    expect(isSseError(reason) && reason.code).toBe('client_gone')
    await new Promise((resolve) => setTimeout(resolve, 20)) // heartbeats would come now
    expect(onError).not.toHaveBeenCalled()
  })

  it('while the source is parked: nothing waits for it, and after a while it is named', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const onError = vi.fn()
    const handler = sse(
      async function* () {
        yield { data: 1 }
        await new Promise(() => {})
      },
      { onError },
    )
    const reader = (await handler(new Request('http://a/'))).body?.getReader()
    await reader?.read()
    await reader?.cancel()
    expect(onError).not.toHaveBeenCalled()
    await vi.advanceTimersByTimeAsync(10_000)
    expect(onError).toHaveBeenCalledExactlyOnceWith(
      expect.objectContaining({ code: 'source_parked' }),
      expect.anything(),
    )
  })

  it('and whose abort comes back as the source’s error: that is no news', async () => {
    const onError = vi.fn()
    let isFinished = false
    const handler = sse(
      async function* ({ signal }) {
        try {
          yield { data: 1 }
          await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
        } finally {
          isFinished = true
        }
      },
      { onError },
    )
    const reader = (await handler(new Request('http://a/'))).body?.getReader()
    await reader?.read()
    await reader?.cancel()
    await vi.waitUntil(() => isFinished)
    await turn()
    expect(onError).not.toHaveBeenCalled()
  })
})

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

describe('heartbeat', () => {
  it('is a comment on every connection, from one timer that ends with the last of them', async () => {
    const timers = vi.spyOn(globalThis, 'setInterval')
    const cleared = vi.spyOn(globalThis, 'clearInterval')
    const handler = sse(
      async function* ({ signal }) {
        yield { data: 1 }
        await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
      },
      { heartbeatMs: 7 },
    )
    const readers = await Promise.all(
      Array.from({ length: 20 }, async () => {
        const { body } = await handler(new Request('http://a/'))
        return body?.pipeThrough(new TextDecoderStream()).getReader()
      }),
    )
    for (const reader of readers) {
      let text = ''
      while (!text.endsWith('\n\n:\n\n:\n\n')) text += (await reader?.read())?.value
    }
    expect(timers.mock.calls.filter(([, ms]) => ms === 7)).toHaveLength(1)
    const before = cleared.mock.calls.length
    await Promise.all(readers.map((reader) => reader?.cancel()))
    expect(cleared.mock.calls.length).toBe(before + 1)
    vi.restoreAllMocks()
  })

  it.each([
    [0, 'heartbeatMs'],
    [-1, 'heartbeatMs'],
    [Number.NaN, 'heartbeatMs'],
    [2 ** 31, 'heartbeatMs'],
  ])('%s milliseconds is refused', (heartbeatMs, message) => {
    expect(() => sse([], { heartbeatMs })).toThrow(message)
  })
})

describe('options', () => {
  it.each([
    [{ retryMs: 1.5 }, 'retry must be a whole number'],
    [{ maxEventBytes: 0 }, 'maxEventBytes must be'],
    [{ authorize: true as never }, 'authorize must be a function'],
    [{ onError: 'log' as never }, 'onError must be a function'],
  ])('%o is refused where it is written', (options, message) => {
    expect(() => sse([], options)).toThrow(message)
    expect(() => sseNode([], options)).toThrow(message)
  })

  it('retryMs is the first thing a client is told', async () => {
    const response = await sse([{ data: 1 }], { retryMs: 250 })(new Request('http://a/'))
    expect(await response.text()).toMatch(/^retry: 250\n\ndata: 1\n\n/)
  })

  it('maxEventBytes counts UTF-8, to the byte', async () => {
    const frame = 'data: é\n\n'
    const bytes = Buffer.byteLength(frame)
    const open = (maxEventBytes: number) =>
      sse([{ data: 'é' }], { maxEventBytes, onError: () => {} })(new Request('http://a/'))
    expect(await (await open(bytes)).text()).toContain(frame)
    expect(await (await open(bytes - 1)).text()).not.toContain('data: é')
  })
})
