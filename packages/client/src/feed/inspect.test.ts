import { defineStream, SseError, type } from '@sse/contract'
import { expect, it } from 'vitest'
import { connect } from '../index.ts'
import type { Transport, TransportEvents } from '../transport/transport.ts'
import type { FeedOrigin, InspectableFeed } from './inspect.ts'

const numbers = defineStream({ path: '/numbers', events: { n: type<number>() } })

/** A feed whose transport is played by hand. */
async function play() {
  let events!: TransportEvents
  const transport: Transport = (_, given) => {
    events = given
    return { close() {} }
  }
  const feed = connect(numbers, { baseUrl: 'https://example.com', transport, onError() {} })
  feed.on('n', () => {})
  await new Promise((resolve) => setTimeout(resolve))
  return { feed: feed as unknown as InspectableFeed, events, transport }
}

const liveFeeds = (): Map<InspectableFeed, FeedOrigin> =>
  (globalThis as never)[Symbol.for('@sse/feeds') as never]

it('a feed is registered with its origin until it is closed', async () => {
  const { feed, transport } = await play()
  expect(liveFeeds().get(feed)).toEqual({
    url: 'https://example.com/numbers',
    method: 'GET',
    headerNames: [],
    contract: numbers,
    transport,
  })
  feed.close()
  expect(liveFeeds().has(feed)).toBe(false)
})

it('a feed that failed is not registered either', async () => {
  const { feed, events } = await play()
  events.onEnd(new SseError('http_status', 'The server answered 403', { status: 403 }))
  expect(feed.status.state).toBe('closed')
  expect(liveFeeds().has(feed)).toBe(false)
})

it('an inspector that is opened later receives what arrives from then on', async () => {
  const { feed, events } = await play()
  events.onOpen()
  events.onMessage('n', '1')
  const heard: unknown[] = []
  feed.probe = {
    message: (event, data) => heard.push([event, data, feed.lastEventId]),
    invalid: ({ event, error }) => heard.push([event, error.code]),
    note: (note) => heard.push(note),
  }
  events.onId('b')
  events.onMessage('unknown', '{}')
  events.onMessage('n', '{')
  events.onNote?.({ role: 'leader' })
  expect(heard).toEqual([
    ['unknown', '{}', 'b'],
    ['n', '{', 'b'],
    ['n', 'payload_invalid'],
    { role: 'leader' },
  ])
  expect(feed.note).toEqual({ role: 'leader' })
  feed.close()
})

it('an inspector learns of later feeds by its own `set`', async () => {
  const found: string[] = []
  const feeds = liveFeeds()
  feeds.set = (feed, origin) => {
    found.push(origin.url)
    return Map.prototype.set.call(feeds, feed, origin) as typeof feeds
  }
  const { feed } = await play()
  expect(found).toEqual(['https://example.com/numbers'])
  feed.close()
})
