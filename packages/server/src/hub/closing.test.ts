import { afterEach, describe, expect, it, vi } from 'vitest'
import { testHub } from '../fixtures/hub-server.ts'
import { memory } from '../index.ts'

const never = () => new Promise<never>(() => {})

afterEach(() => {
  vi.useRealTimers()
})

describe('close, with an engine that never answers', () => {
  it.each([
    ['a read', { read: never }, 'calls in flight'],
    ['an append', { append: never }, 'calls in flight'],
    ['close', { close: never }, 'close'],
    ['presence', { presence: { enter: never, leave: never, touch: never, present: never } }, 'presence'],
  ])('%s, reports that and resolves', async (_what, own, named) => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const errors: unknown[] = []
    const hub = testHub({ engine: Object.assign(memory(), own), onError: (error) => errors.push(error) })
    const loop = hub.subscribe('ada')[Symbol.asyncIterator]().next()
    loop.catch(() => {})
    const publishing = hub.publish('ada', 'count', 1)
    publishing.catch(() => {})
    const presence = hub.presence('ada')
    presence.catch(() => {})
    const listening = hub.onPresence('ada', () => {})
    await new Promise((resolve) => setImmediate(resolve))
    listening()
    let isClosed = false
    const closing = hub.close().then(() => {
      isClosed = true
    })
    for (let seconds = 0; seconds < 60 && !isClosed; seconds += 1) await vi.advanceTimersByTimeAsync(1_000)
    await closing
    const message = expect.stringContaining(named)
    if (named !== 'presence')
      expect(errors).toContainEqual(expect.objectContaining({ code: 'engine_unavailable', message }))
    await vi.advanceTimersByTimeAsync(60_000)
    await Promise.allSettled([loop, publishing, presence]) // every call settles
  })
})
