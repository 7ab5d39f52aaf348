import { connect, type FeedStatus } from '@sse/client'
import { defineStream, type } from '@sse/contract'
import type { Readable } from 'svelte/store'
import { expectTypeOf, it } from 'vitest'
import { useEvent, useEvents, useLatest, useStream, useStreamStatus } from './index.ts'

const leads = defineStream({
  path: '/leads/:owner',
  events: { lead: type<{ title: string }>(), count: type<number>() },
})
const news = defineStream({ path: '/news', events: { headline: type<string>() } })

it('payloads have the type that the contract gives them', () => {
  const feed = useStream(leads, () => ({ params: { owner: '42' } }))
  useEvent(feed, 'lead', (lead) => expectTypeOf(lead).toEqualTypeOf<{ title: string }>())
  expectTypeOf(useLatest(feed, 'count').current).toEqualTypeOf<number | undefined>()
  expectTypeOf(useLatest(feed, 'count', { initial: 0 }).current).toEqualTypeOf<number>()
  expectTypeOf(useEvents(feed, 'lead').current[0]?.payload).toEqualTypeOf<{ title: string } | undefined>()
  expectTypeOf(useStreamStatus(feed).current).toEqualTypeOf<FeedStatus>()
  expectTypeOf(
    useLatest(useStream(leads, { params: { owner: '42' } }), 'count', { initial: 0 }).current,
  ).toEqualTypeOf<number>()
  const own = connect(leads, { params: { owner: '42' } })
  expectTypeOf(useLatest(own, 'count').current).toEqualTypeOf<number | undefined>()
})

it('a wrong event name is an error at the name', () => {
  const feed = useStream(leads, { params: { owner: '42' } })
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
})

it('parameters are asked for where the path names some', () => {
  useStream(news)
  // @ts-expect-error `owner` is missing
  useStream(leads)
  // @ts-expect-error no such parameter
  useStream(leads, { params: { woner: '42' } })
})

it('each is a store too, and a feed may come from a function', () => {
  const feed = useStream(leads, { params: { owner: '42' } })
  const count: Readable<number> = useLatest(() => feed.current, 'count', { initial: 0 })
  expectTypeOf(count).not.toBeAny()
})
