import { connect, type FeedStatus } from '@sse/client'
import { connect as connectNative, nativeTransport } from '@sse/client/native'
import { polyfillTransport } from '@sse/client/polyfill'
import { END_ID } from '@sse/contract/protocol'
import { describe, expect, inject, it } from 'vitest'
import { Script } from '../support/script-client.ts'
import { countdown } from './countdown.ts'

const baseUrl = inject('countdownOrigin')
const starts = async () => Number(await (await fetch(`${baseUrl}/starts`)).text())

describe.each([
  { name: 'fetch', open: (from: string) => connect(countdown, { baseUrl, params: { from } }) },
  {
    name: 'native',
    open: (from: string) => connect(countdown, { baseUrl, params: { from }, transport: nativeTransport }),
  },
  { name: 'native alone', open: (from: string) => connectNative(countdown, { baseUrl, params: { from } }) },
  {
    name: 'polyfill',
    open: (from: string) => connect(countdown, { baseUrl, params: { from }, transport: polyfillTransport }),
  },
])('a page on another origin, over $name', ({ open }) => {
  it('gets what the server yields, typed, until the end, and does not come back', async () => {
    const before = await starts()
    const feed = open('3')
    const states: FeedStatus['state'][] = []
    feed.onStatus(({ state }) => states.push(state))
    const seen: (number | string)[] = []
    feed.on('count', (count, { id }) => seen.push(count * 10 + Number(id)))
    for await (const { event, payload } of feed) if (event === 'message') seen.push(payload)
    expect(seen).toEqual([33, 22, 11, 'liftoff'])
    expect(states).toEqual(['connecting', 'open', 'closed'])
    expect(feed.status).toEqual({ state: 'closed', reason: 'ended' })
    expect(feed.lastEventId).toBe(END_ID)
    expect(await starts()).toBe(before + 1)
  })
})

it('a bare EventSource stops for good after the end', async () => {
  const before = await starts()
  const source = new EventSource(`${baseUrl}/countdown/2`)
  const counts: string[] = []
  source.addEventListener('count', ({ data }) => counts.push(data))
  // It reconnects once, says that it has seen the end, and gets 204.
  await expect.poll(() => source.readyState, { timeout: 15_000 }).toBe(EventSource.CLOSED)
  expect(counts).toEqual(['2', '1'])
  expect(await starts()).toBe(before + 1)
})

it('a connection that is cut is resumed after its last id, whatever its characters', async () => {
  const script = new Script(inject('scriptOrigin'), [
    { chunks: ['retry: 1\nid: é漢😀\ndata: a\n\n'], ending: 'hang' },
    { chunks: ['data: b\n\n'], ending: 'hang' },
  ])
  const feed = connect(script.url, { reconnect: { jitterMs: 1 } })
  const seen: string[] = []
  for await (const { payload } of feed) {
    seen.push(String(payload))
    if (seen.length === 2) break
    await script.reset()
  }
  feed.close()
  const [, second] = await script.seen()
  const header = String(second?.headers['last-event-id'])
  const bytes = Uint8Array.from(header, (character) => character.charCodeAt(0))
  expect(new TextDecoder().decode(bytes)).toBe('é漢😀')
  await expect.poll(() => script.open()).toBe(0)
})

it('ten refused attempts leave the origin’s six connections free', async () => {
  const script = new Script(inject('scriptOrigin'), [{ status: 500, paddingBytes: 200_000, ending: 'hang' }])
  const feed = connect(script.url, {
    reconnect: { jitterMs: 1, maxJitterMs: 1, maxAttempts: 9 },
    onError: () => {},
  })
  await new Promise<void>((resolve) => feed.onStatus(({ state }) => state === 'closed' && resolve()))
  expect(await script.seen()).toHaveLength(10)
  // A browser may read on for a few seconds, in the hope to use the connection again.
  await expect.poll(() => script.open(), { timeout: 15_000 }).toBe(0)
})

describe('a refusal by CORS', () => {
  const plan = (): Script =>
    new Script(inject('scriptOrigin'), [
      {
        headers: { 'access-control-allow-origin': 'https://elsewhere.example' },
        chunks: ['data: secret\n\n'],
      },
      { chunks: ['data: a\n\n'], ending: 'hang' },
    ])

  it('is a network that failed: it is said, and tried again', async () => {
    const errors: unknown[] = []
    const feed = connect(plan().url, {
      reconnect: { jitterMs: 1 },
      onError: (error) => errors.push((error as { code: string }).code),
    })
    expect(await new Promise((resolve) => feed.on('message', resolve))).toBe('a')
    feed.close()
    expect(errors).toEqual(['network'])
  })

  it('is for good where the browser reconnects by itself: it says so, and the feed is closed', async () => {
    const feed = connect(plan().url, { transport: nativeTransport, onError: () => {} })
    await expect
      .poll(() => feed.status, { timeout: 15_000 })
      .toMatchObject({
        state: 'closed',
        reason: 'error',
        error: { code: 'http_status' },
      })
  })
})
