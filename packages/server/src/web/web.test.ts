import { afterEach, describe, expect, it, vi } from 'vitest'
import { testHub } from '../fixtures/hub-server.ts'
import { turn } from '../fixtures/server-scope.ts'
import { sse } from './web.ts'

const forever = async function* ({ signal }: { signal: AbortSignal }) {
  yield { data: 1 }
  await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()))
}

afterEach(() => {
  vi.useRealTimers()
})

describe('a web response whose request aborts', () => {
  it('ends its body and its source in the same turn, although the host reads on', async () => {
    let isReturned = false
    const abort = new AbortController()
    const handler = sse(async function* ({ signal }) {
      try {
        yield* forever({ signal })
      } finally {
        isReturned = true
      }
    })
    const { body } = await handler(new Request('http://a/', { signal: abort.signal }))
    const reader = body?.getReader()
    await reader?.read()
    let isDone: boolean | undefined
    reader?.read().then(({ done }) => {
      isDone = done
    })
    await turn()
    abort.abort()
    await turn()
    expect([isDone, isReturned]).toEqual([true, true])
  })

  it('ends the body of a hub’s stream, and frees its slot', async () => {
    const hub = testHub()
    const abort = new AbortController()
    const handler = sse(hub, { authorize: () => true, channels: 'everyone' })
    const { body } = await handler(new Request('http://a/leads/ada', { signal: abort.signal }))
    await turn()
    expect(hub.stats().connections).toBe(1)
    abort.abort()
    expect(hub.stats().connections).toBe(0)
    expect(await new Response(body).text()).toContain('sse.open')
  })
})

describe('the maximum age of a web response', () => {
  const open = async (options: { maxConnectionMs?: number }, host?: object) => {
    vi.useFakeTimers({
      toFake: ['setTimeout', 'setInterval', 'clearInterval', 'clearTimeout', 'performance'],
    })
    const handler = sse(options, forever)
    const { body } = await handler(new Request('http://a/'), host)
    let isOver = false
    const text = new Response(body).text().finally(() => {
      isOver = true
    })
    return { text, isOver: () => isOver }
  }

  it('is ten minutes by default: a host may never tell that the client has left', async () => {
    const { text, isOver } = await open({})
    await vi.advanceTimersByTimeAsync(7 * 60_000)
    expect(isOver()).toBe(false)
    await vi.advanceTimersByTimeAsync(4 * 60_000)
    expect(await text).toMatch(/\n\n:?\n?.*retry: \d+\n$/s)
  })

  it('has no default where the host passes Node’s response, which tells', async () => {
    const { isOver } = await open({}, { incoming: { socket: {} }, outgoing: { socket: {} } })
    await vi.advanceTimersByTimeAsync(60 * 60_000)
    expect(isOver()).toBe(false)
  })

  it('is what the stream sets', async () => {
    const { isOver } = await open({ maxConnectionMs: Number.POSITIVE_INFINITY })
    await vi.advanceTimersByTimeAsync(60 * 60_000)
    expect(isOver()).toBe(false)
    vi.useRealTimers()
    const short = await open({ maxConnectionMs: 60_000 })
    await vi.advanceTimersByTimeAsync(61_000)
    expect(short.isOver()).toBe(true)
  })
})
