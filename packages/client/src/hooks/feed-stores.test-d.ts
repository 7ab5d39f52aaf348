import { defineStream, type } from '@sse/contract'
import { expectTypeOf, test } from 'vitest'
import { connect } from '../index.ts'
import {
  eventsStore,
  feedPool,
  latestEventStore,
  latestStore,
  type RecentEvent,
  statusStore,
} from './index.ts'

const leads = defineStream({ path: '/leads', events: { count: type<number>() } })
const pool = feedPool(connect)

test('stores accept a feed of a bare URL: payloads are text', () => {
  const feed = pool.feed('/stream')
  type Events = readonly RecentEvent<string>[]
  expectTypeOf(eventsStore(feed, 'anything').get()).toEqualTypeOf<Events>()
  expectTypeOf(latestStore(feed, 'anything', undefined).get()).toEqualTypeOf<string | undefined>()
  expectTypeOf(latestEventStore(feed, 'anything').get()).toEqualTypeOf<RecentEvent<string> | undefined>()
  statusStore(feed)
  statusStore(connect('/stream'))
  expectTypeOf(eventsStore(connect('/stream'), 'anything').get()).toEqualTypeOf<Events>()
})

test('stores accept a feed of a contract', () => {
  const feed = pool.feed(leads)
  expectTypeOf(eventsStore(feed, 'count').get()).toEqualTypeOf<readonly RecentEvent<number>[]>()
  statusStore(feed)
  // @ts-expect-error no such event
  eventsStore(feed, 'counts')
})
