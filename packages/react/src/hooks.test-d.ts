import { connect, type FeedStatus } from '@sse/client'
import { defineStream, type } from '@sse/contract'
import { expectTypeOf, it } from 'vitest'
import { useEvent, useEvents, useLatest, useStream, useStreamStatus } from './index.ts'

const leads = defineStream({
  path: '/leads/:owner',
  events: { lead: type<{ title: string }>(), count: type<number>() },
})
const news = defineStream({ path: '/news', events: { headline: type<string>() } })
const owner = { params: { owner: '42' } }

it('payloads have the type that the contract gives them', () => {
  const feed = useStream(leads, owner)
  useEvent(feed, 'lead', (lead, { id }) => {
    expectTypeOf(lead).toEqualTypeOf<{ title: string }>()
    expectTypeOf(id).toEqualTypeOf<string>()
  })
  useEvent(feed, 'gap', ({ reason }) => expectTypeOf(reason).toExtend<string>())
  expectTypeOf(useLatest(feed, 'count')).toEqualTypeOf<number | undefined>()
  expectTypeOf(useLatest(feed, 'count', { initial: 0 })).toEqualTypeOf<number>()
  expectTypeOf(useEvents(feed, 'lead', { limit: 3 })[0]?.payload).toEqualTypeOf<
    { title: string } | undefined
  >()
  expectTypeOf(useStreamStatus(feed)).toEqualTypeOf<FeedStatus>()
})

it('a feed from connect() is listened to in the same way', () => {
  const feed = connect(leads, owner)
  expectTypeOf(useLatest(feed, 'count')).toEqualTypeOf<number | undefined>()
  expectTypeOf(useStreamStatus(feed)).toEqualTypeOf<FeedStatus>()
})

it('a bare URL gives text', () => {
  expectTypeOf(useLatest(useStream('/stream'), 'anything')).toEqualTypeOf<string | undefined>()
})

it('a wrong event name is an error at the name', () => {
  const feed = useStream(leads, owner)
  const listener = () => {}
  useEvent(
    feed,
    // @ts-expect-error no such event
    'laed',
    listener,
  )
  useLatest(
    feed,
    // @ts-expect-error no such event
    'laed',
  )
  useEvents(
    feed,
    // @ts-expect-error no such event
    'laed',
  )
})

it('parameters are asked for where the path names some, and a signal never', () => {
  useStream(news)
  useStream(news, { headers: () => ({ authorization: 'Bearer x' }), shareKey: 'ada' })
  // @ts-expect-error `owner` is missing
  useStream(leads)
  // @ts-expect-error no such parameter
  useStream(leads, { params: { woner: '42' } })
  // @ts-expect-error components decide when it closes
  useStream(news, { signal: new AbortController().signal })
})
