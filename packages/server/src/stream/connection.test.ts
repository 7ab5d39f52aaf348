import { createServer, type ServerResponse } from 'node:http'
import { isSseError } from '@sse/contract'
import { awaitable } from '@sse/test-support/awaitable'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { listen } from '../fixtures/adapter-servers.ts'
import { eventually, scoped, turn } from '../fixtures/server-scope.ts'
import { sse } from '../index.ts'
import { sse as sseNode } from '../node/node.ts'

afterEach(() => {
  vi.useRealTimers()
})

describe('when the client leaves', () => {
  it('never starts the source of a Request that is already aborted', async () => {
    const source = vi.fn()
    const response = await sse(source)(new Request('http://a/', { signal: AbortSignal.abort() }))
    expect(response.status).toBe(499)
    expect(source).not.toHaveBeenCalled()
  })

  it('aborts the signal when only the body is cancelled', async () => {
    const onError = vi.fn()
    let reason: unknown
    const handler = sse({ heartbeatMs: 1, onError }, async function* ({ signal }) {
      signal.addEventListener('abort', () => {
        reason = signal.reason
      })
      yield { data: 1 }
      await new Promise(() => {})
    })
    const reader = (await handler(new Request('http://a/'))).body?.getReader()
    await reader?.read()
    await reader?.cancel()
    expect(isSseError(reason) && reason.code).toBe('client_gone')
    await new Promise((resolve) => setTimeout(resolve, 20)) // heartbeats would come now
    expect(onError).not.toHaveBeenCalled()
  })

  it('gives its reason to a signal that is first read later', async () => {
    let finish: (() => unknown) | undefined
    const handler = sse(async function* (context) {
      yield { data: 1 }
      await new Promise<void>((resolve) => {
        finish = () => {
          resolve()
          return context.signal.reason
        }
      })
    })
    const leave = new AbortController()
    const response = await handler(new Request('http://localhost/', { signal: leave.signal }))
    await response.body?.getReader().read()
    await eventually(() => finish !== undefined)
    leave.abort()
    expect(finish?.()).toMatchObject({ code: 'client_gone' })
  })

  it('does not wait for a parked source, and reports it after 10 s', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const onError = vi.fn()
    const handler = sse({ onError }, async function* () {
      yield { data: 1 }
      await new Promise(() => {})
    })
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

  it('does not report the abort reason when the source throws it', async () => {
    const onError = vi.fn()
    let isFinished = false
    const handler = sse({ onError }, async function* ({ signal }) {
      try {
        yield { data: 1 }
        await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
      } finally {
        isFinished = true
      }
    })
    const reader = (await handler(new Request('http://a/'))).body?.getReader()
    await reader?.read()
    await reader?.cancel()
    await eventually(() => isFinished)
    await turn()
    expect(onError).not.toHaveBeenCalled()
  })

  it('reports an error of the source before its first event, but not the abort reason', async () => {
    const onError = vi.fn()
    const seen: string[] = []
    async function* source({ signal, request }: { signal: AbortSignal; request: Request }) {
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()))
      seen.push(request.url)
      if (request.url.endsWith('echo')) throw signal.reason
      if (request.url.endsWith('fetch')) signal.throwIfAborted()
      if (request.url.endsWith('late')) await new Promise((resolve) => setTimeout(resolve, 60))
      if (!request.url.endsWith('fetch')) throw new Error(request.url)
    }
    const handler = sse({ onError }, source)
    for (const path of ['echo', 'fetch', 'soon', 'late']) {
      const client = new AbortController()
      const answer = handler(new Request(`http://a/${path}`, { signal: client.signal }))
      await turn()
      client.abort()
      await answer
    }
    expect(seen).toHaveLength(4)
    await eventually(() => onError.mock.calls.length === 2)
    expect(onError.mock.calls.map(([error]) => error.message)).toEqual(['http://a/soon', 'http://a/late'])
  })

  it('returns the iterator of a late source function without pulling it', async () => {
    const making = awaitable<true>()
    const next = vi.fn()
    const returned = awaitable<true>()
    const handler = sse(async () => {
      await making.called
      return {
        [Symbol.asyncIterator]: () => ({
          next,
          return: async () => {
            returned.call(true)
            return { done: true as const, value: undefined }
          },
        }),
      }
    })
    const client = new AbortController()
    const answer = handler(new Request('http://a/', { signal: client.signal }))
    await turn()
    client.abort()
    making.call(true)
    await returned.called
    await answer
    expect(next).not.toHaveBeenCalled()
  })

  it('stops a source that ignores the signal at its next yield', async () => {
    let turns = 0
    let isFinished = false
    const handler = sse(async function* () {
      try {
        for (;;) {
          yield { data: turns++ }
          await turn()
        }
      } finally {
        isFinished = true
      }
    })
    const reader = (await handler(new Request('http://a/'))).body?.getReader()
    await reader?.read()
    await reader?.cancel()
    const before = turns
    await eventually(() => isFinished)
    expect(turns).toBeLessThanOrEqual(before + 1)
  })

  it('cancels a ReadableStream that is waiting', async () => {
    const cancelled = vi.fn()
    const onError = vi.fn()
    const handler = sse(
      { onError },
      () => new ReadableStream({ start: (it) => it.enqueue({ data: 1 }), cancel: cancelled }),
    )
    const reader = (await handler(new Request('http://a/'))).body?.getReader()
    await reader?.read()
    await reader?.cancel()
    await turn()
    expect(cancelled).toHaveBeenCalledOnce()
    expect(onError).not.toHaveBeenCalled()
  })

  it.each([
    [
      'throws',
      () => {
        throw new Error('cleanup')
      },
    ],
    ['rejects', () => Promise.reject(new Error('cleanup'))],
  ])('reports to onError that the source’s cleanup %s', async (_, cleanUp) => {
    const onError = vi.fn()
    const iterator = { next: () => new Promise<never>(() => {}), return: cleanUp }
    const handler = sse({ onError }, () => ({ [Symbol.asyncIterator]: () => iterator }))
    const reader = (await handler(new Request('http://a/'))).body?.getReader()
    await reader?.cancel()
    await turn()
    expect(onError).toHaveBeenCalledExactlyOnceWith(
      expect.objectContaining({ message: 'cleanup' }),
      expect.anything(),
    )
  })

  it('does not abort the signal of a stream that has ended', async () => {
    let given: AbortSignal | undefined
    const handler = sse(async function* ({ signal }) {
      given = signal
      yield { data: 1 }
    })
    const client = new AbortController()
    await (await handler(new Request('http://a/', { signal: client.signal }))).text()
    client.abort()
    expect(given?.aborted).toBe(false)
  })
})

describe('a Node response that cannot be begun', () => {
  it.each([
    ['ended', 'taken', (res: ServerResponse) => res.end('taken')],
    ['begun', 'broken', (res: ServerResponse) => res.writeHead(200).write('taken')],
  ])('releases the source when another handler has %s it', async (_, seen, take) => {
    const logged = vi.spyOn(console, 'error').mockImplementation(() => {})
    const finished = awaitable<true>()
    const handler = sseNode(
      {
        authorize: ({ res }) => {
          take(res as ServerResponse)
          return true
        },
      },
      async function* ({ signal }) {
        try {
          signal.addEventListener('abort', () => finished.call(true))
          yield { data: 1 }
        } finally {
          finished.call(true)
        }
      },
    )
    const server = await scoped(listen(createServer(handler)))
    const text = await fetch(server.origin)
      .then((response) => response.text())
      .catch(() => 'broken')
    expect(text).toBe(seen)
    await finished.called
    expect(logged.mock.calls.length).toBe(seen === 'broken' ? 1 : 0)
    logged.mockRestore()
  })

  it('calls neither authorize nor the source when the client left before the handler was called', async () => {
    const source = vi.fn()
    const authorize = vi.fn(() => true)
    const answered = awaitable<unknown>()
    const handler = sseNode({ authorize }, source)
    const left = new AbortController()
    const server = await scoped(
      listen(
        createServer((req, res) => {
          res.once('close', () => setImmediate(async () => answered.call(await handler(req, res))))
          left.abort()
        }),
      ),
    )
    await expect(fetch(server.origin, { signal: left.signal })).rejects.toThrow('aborted')
    await answered.called
    expect(authorize).not.toHaveBeenCalled()
    expect(source).not.toHaveBeenCalled()
  })
})
