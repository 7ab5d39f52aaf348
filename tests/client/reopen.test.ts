import { getEventListeners } from 'node:events'
import { type ConnectOptions, connect, type Feed, type FeedStatus } from '@sse/client'
import { feedPool } from '@sse/client/hooks'
import { encodeMessage } from '@sse/contract/protocol'
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest'
import { Script } from '../support/script-client.ts'
import { type ScriptedResponse, startScriptServer } from '../support/script-server.ts'

const server = await startScriptServer()
afterAll(() => server.close())
const feeds: { close(): void }[] = []
afterEach(() => {
  for (const feed of feeds.splice(0)) feed.close()
})

const quick = { jitterMs: 1, maxJitterMs: 2 }
const END = encodeMessage({ event: 'sse.end', id: 'sse.end' })
const message = (id: string) => encodeMessage({ id, data: id })

function open(plan: ScriptedResponse[], options: ConnectOptions = {}) {
  const script = new Script(server.origin, plan)
  const onError = vi.fn()
  const feed = connect(script.url, { reconnect: quick, onError, ...options })
  feeds.push(feed)
  const seen: string[] = []
  feed.on('message', (data) => seen.push(data))
  const states: FeedStatus['state'][] = []
  feed.onStatus(({ state }) => states.push(state))
  return { script, feed, seen, states, onError }
}
const reach = (
  feed: Pick<Feed<never>, 'status'>,
  status: Partial<Extract<FeedStatus, { state: 'closed' }>>,
) => vi.waitFor(() => expect(feed.status).toMatchObject(status), { timeout: 10_000, interval: 2 })

describe('feed.reopen()', () => {
  it('connects again after an error, with the last id and the listeners', async () => {
    const { feed, seen, script, states } = open([
      { chunks: [message('1')], ending: 'end' },
      { status: 404 },
      { chunks: [message('2'), END] },
    ])
    await reach(feed, { state: 'closed', reason: 'error' })
    feed.reopen()
    await reach(feed, { state: 'closed', reason: 'ended' })
    expect(seen).toEqual(['1', '2'])
    expect((await script.seen()).at(-1)?.headers['last-event-id']).toBe('1')
    expect(states.slice(states.indexOf('closed'))).toEqual(['closed', 'connecting', 'open', 'closed'])
  })

  it('connects again after the end and after close(), and a loop can be started anew', async () => {
    const { feed, script } = open([{ chunks: [END] }, { chunks: [message('1')], ending: 'hang' }])
    await reach(feed, { state: 'closed', reason: 'ended' })
    feed.reopen()
    await vi.waitFor(() => expect(feed.lastEventId).toBe('1'))
    feed.close()
    await reach(feed, { state: 'closed', reason: 'closed' })
    feed.reopen()
    await vi.waitFor(() => expect(feed.status.state).toBe('open'))
    const loop = feed[Symbol.asyncIterator]()
    expect((await script.seen()).map(({ headers }) => headers['last-event-id'])).toEqual([
      undefined,
      'sse.end',
      '1',
    ])
    feed.close()
    expect(await loop.next()).toEqual({ done: true, value: undefined })
  })

  it('has no effect on a feed that is not closed, and a close() after it wins', async () => {
    const { feed, script } = open([{ ending: 'hang' }])
    feed.reopen()
    await vi.waitFor(() => expect(feed.status.state).toBe('open'))
    feed.reopen()
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(await script.seen()).toHaveLength(1)
    feed.close()
    feed.reopen()
    feed.close()
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(feed.status).toEqual({ state: 'closed', reason: 'closed' })
    expect(await script.seen()).toHaveLength(1)
  })

  it('may be called by the listener that learns of the end, and every listener ends with the newest status', async () => {
    const { feed, states } = open([{ status: 404 }, { ending: 'hang' }])
    let reopened = 0
    feed.onStatus(({ state }) => {
      if (state !== 'closed') return
      reopened += 1
      feed.reopen()
    })
    await vi.waitFor(() => expect(states.at(-1)).toBe('open'))
    expect(reopened).toBe(1)
    expect(states).toEqual(['connecting', 'closed', 'connecting', 'open'])
  })

  it('follows its signal again, and stays closed once that has aborted', async () => {
    const controller = new AbortController()
    const { feed } = open([{ status: 404 }, { ending: 'hang' }], { signal: controller.signal })
    await reach(feed, { state: 'closed', reason: 'error' })
    expect(getEventListeners(controller.signal, 'abort')).toEqual([])
    feed.reopen()
    await vi.waitFor(() => expect(feed.status.state).toBe('open'))
    controller.abort()
    expect(feed.status).toEqual({ state: 'closed', reason: 'aborted' })
    feed.reopen()
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(feed.status).toEqual({ state: 'closed', reason: 'aborted' })
    expect(getEventListeners(controller.signal, 'abort')).toEqual([])
  })

  it('counts attempts from 1 again', async () => {
    const { feed, script } = open([{ status: 503 }], { reconnect: { ...quick, maxAttempts: 1 } })
    const attempts: number[] = []
    feed.onStatus((status) => status.state === 'connecting' && attempts.push(status.attempt))
    await reach(feed, { state: 'closed', reason: 'error' })
    feed.reopen()
    await vi.waitFor(async () => expect(await script.seen()).toHaveLength(4))
    expect(attempts).toEqual([1, 2, 1, 2])
  })

  it('of a component’s feed opens the connection that its components share', async () => {
    const script = new Script(server.origin, [{ status: 404 }, { ending: 'hang' }])
    const pool = feedPool(connect)
    const options = { reconnect: quick, onError: () => {} }
    const [one, two] = [pool.feed(script.url, options), pool.feed(script.url, options)]
    feeds.push(one, two)
    for (const feed of [one, two]) feed.retain()
    await reach(one, { state: 'closed', reason: 'error' })
    two.reopen()
    await vi.waitFor(() => expect(one.status.state).toBe('open'))
    expect(await script.seen()).toHaveLength(2)
    one.close()
    one.reopen()
    expect(one.status).toEqual({ state: 'closed', reason: 'closed' })
  })
})

describe('reconnect.retryOn', () => {
  it.each([
    [404, { status: 404 }],
    [200, { contentType: 'text/html', chunks: ['<h1>Deploying</h1>'] }],
  ] as const)('%i: a feed outlives a refusal that is final without it', async (status, response) => {
    const plan: ScriptedResponse[] = [{ ...response } as ScriptedResponse, { chunks: [message('1'), END] }]
    const { feed, seen } = open(plan, { reconnect: { ...quick, retryOn: [status] } })
    await reach(feed, { state: 'closed', reason: 'ended' })
    expect(seen).toEqual(['1'])
    const strict = open(plan)
    await reach(strict.feed, { state: 'closed', reason: 'error' })
    expect(await strict.script.seen()).toHaveLength(1)
  })

  it('never retries what the app did wrong, and keeps to maxAttempts', async () => {
    const wrong = open([{}], { reconnect: { ...quick, retryOn: [500] }, headers: { 'x-a': 'a\nb' } })
    await reach(wrong.feed, { state: 'closed', reason: 'error' })
    expect(await wrong.script.seen()).toHaveLength(0)
    const limited = open([{ status: 404 }], { reconnect: { ...quick, retryOn: [404], maxAttempts: 2 } })
    await reach(limited.feed, { state: 'closed', reason: 'error' })
    expect(await limited.script.seen()).toHaveLength(3)
  })

  it('with 401 and refresh gets a token for each attempt that is refused, at the pace of other retries', async () => {
    const refresh = vi.fn()
    const { feed, script } = open([{ status: 401 }, { status: 401 }, { status: 401 }, { chunks: [END] }], {
      refresh,
      reconnect: { ...quick, retryOn: [401] },
    })
    await reach(feed, { state: 'closed', reason: 'ended' })
    expect(await script.seen()).toHaveLength(4)
    expect(refresh).toHaveBeenCalledTimes(2)
  })
})

describe('status 204', () => {
  it('closes the feed with a reason of its own', async () => {
    const { feed, onError } = open([{ status: 204 }])
    await reach(feed, { state: 'closed', reason: 'no_content' })
    expect(onError).not.toHaveBeenCalled()
  })

  it('after sse.end is the end: a page that is loaded again learns the same as before', async () => {
    const { feed } = open([{ status: 204 }], { lastEventId: 'sse.end' })
    await reach(feed, { state: 'closed', reason: 'ended' })
  })
})

describe('a proxy that holds the body back', () => {
  it('is named after two responses whose start arrived and nothing else, and the feed tries on', async () => {
    const { feed, onError } = open([{ ending: 'hang' }], { idleTimeoutMs: 40 })
    await vi.waitFor(() => expect(onError.mock.calls.length).toBeGreaterThan(2), { timeout: 10_000 })
    const codes = onError.mock.calls.map(([{ code }]) => code)
    expect(codes.slice(0, 3)).toEqual(['idle', 'buffered', 'buffered'])
    expect(onError.mock.calls[1]?.[0].message).toMatch(/buffering/)
    expect(feed.status.state).not.toBe('closed')
  })

  it('is not assumed where bytes arrived in between', async () => {
    const { onError } = open(
      [{ ending: 'hang' }, { chunks: [':\n\n'], ending: 'hang' }, { ending: 'hang' }, { status: 404 }],
      {
        idleTimeoutMs: 40,
      },
    )
    await vi.waitFor(() => expect(onError).toHaveBeenCalledTimes(4), { timeout: 10_000 })
    expect(onError.mock.calls.map(([{ code }]) => code)).toEqual(['idle', 'idle', 'idle', 'http_status'])
  })
})

describe('an id of more than 1,024 characters', () => {
  it('is not resumed after, is reported once, and the feed lives', async () => {
    const long = 'x'.repeat(1_025)
    const { feed, script, seen, onError } = open([
      { chunks: [message('a'.repeat(1_024)), encodeRaw(long, '2'), encodeRaw(long, '3')] },
      { chunks: [message('4'), END] },
    ])
    await reach(feed, { state: 'closed', reason: 'ended' })
    expect(seen).toEqual(['a'.repeat(1_024), '2', '3', '4'])
    expect((await script.seen())[1]?.headers['last-event-id']).toBe('a'.repeat(1_024))
    expect(onError.mock.calls.map(([{ code }]) => code)).toEqual(['last_event_id_invalid'])
  })

  function encodeRaw(id: string, data: string): string {
    return `id: ${id}\ndata: ${data}\n\n`
  }
})
