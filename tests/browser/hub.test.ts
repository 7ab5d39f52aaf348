import { connect, fetchTransport } from '@sse/client'
import { nativeTransport } from '@sse/client/native'
import { polyfillTransport } from '@sse/client/polyfill'
import type { Transport } from '@sse/client/transport'
import { until } from '@sse/test-support/until'
import { beforeAll, describe, expect, inject, it, vi } from 'vitest'
import { inbox } from './inbox.ts'

const baseUrl = inject('hubOrigin')
const post = async (path: string) => (await fetch(`${baseUrl}/${path}`, { method: 'POST' })).text()
const transports: { name: string; transport: Transport }[] = [
  { name: 'fetch', transport: fetchTransport },
  { name: 'native', transport: nativeTransport },
  { name: 'polyfill', transport: polyfillTransport },
]

// The polyfill logs what it also tells.
beforeAll(() => {
  vi.spyOn(console, 'error').mockImplementation(() => {})
  return () => vi.restoreAllMocks()
})

describe.each(transports)('a hub, over $name', ({ name, transport }) => {
  const owner = `${name}-${navigator.userAgent.includes('Firefox') ? 'firefox' : 'chromium'}`
  const follow = (options: { lastEventId?: string; baseUrl?: string; params?: { owner: string } } = {}) => {
    const feed = connect(inbox, {
      baseUrl,
      params: { owner },
      transport,
      reconnect: { jitterMs: 1, maxJitterMs: 10 },
      onError: () => {},
      ...options,
    })
    const seen: (number | string)[] = []
    feed.on('n', (n) => seen.push(n))
    feed.on('gap', ({ reason }) => seen.push(`gap: ${reason}`))
    return { feed, seen }
  }

  it('a connection cut before it got any event resumes at its place, one cut later after its last event', async () => {
    const { feed, seen } = follow()
    await until(() => feed.lastEventId !== '')
    await post('cut')
    await post(`publish/${owner}/1`)
    await until(() => seen.length === 1)
    for (let n = 2; n < 12; n += 1) {
      if (n % 3 === 0) await post('cut')
      await post(`publish/${owner}/${n}`)
    }
    await until(() => seen.length >= 11)
    feed.close()
    expect(seen).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11])
  })

  it('a quiet page keeps its id fresh by heartbeats', async () => {
    const { feed, seen } = follow()
    await until(() => feed.lastEventId !== '')
    const id = await post('publish/nobody/1')
    const position = Number.parseInt(id.split('-')[1] ?? '', 36)
    await until(() => Number.parseInt(feed.lastEventId.split('-')[1] ?? '', 36) >= position)
    feed.close()
    expect(seen.filter((n) => typeof n === 'string')).toEqual([])
  })

  // A first request of the others has no header.
  if (transport === fetchTransport) {
    it('an id of another log is a gap', async () => {
      const { feed, seen } = follow({ lastEventId: 'other-1' })
      await until(() => seen.length > 0)
      feed.close()
      expect(seen[0]).toBe('gap: epoch')
    })
  }

  // The polyfill reads as `fetch` does.
  if (transport !== polyfillTransport) {
    it('a compressed stream arrives event by event, also after a cut', async () => {
      const params = { owner: `${owner}-gzip` }
      const { feed, seen } = follow({ baseUrl: `${baseUrl}/gzip`, params })
      await until(() => feed.lastEventId !== '')
      for (let n = 1; n <= 8; n += 1) {
        if (n === 5) await post('cut')
        await post(`publish/${params.owner}/${n}`)
        await until(() => seen.length === n)
      }
      feed.close()
      expect(seen).toEqual([1, 2, 3, 4, 5, 6, 7, 8])
    })
  }

  it('an acknowledgement reaches the hub', async () => {
    const { feed } = follow()
    const id = await post(`publish/${owner}/99`)
    await until(() => feed.lastEventId !== '')
    await feed.ack(id)
    feed.close()
    expect(await (await fetch(`${baseUrl}/committed/${owner}`)).text()).toBe(id)
  })
})
