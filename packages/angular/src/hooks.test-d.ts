import { connect, type Feed, type FeedPayloads, type FeedStatus, type RunEnd } from '@sse/client'
import { defineStream, type } from '@sse/contract'
import { expectTypeOf, it } from 'vitest'
import { injectEvent, injectEvents, injectLatest, injectStream, injectStreamStatus } from './index.ts'
import { injectStream as injectNativeStream } from './native.ts'

const leads = defineStream({
  path: '/leads/:owner',
  events: { lead: type<{ title: string }>(), count: type<number>() },
})
const news = defineStream({ path: '/news', events: { headline: type<string>() } })

it('infers payload types from the contract', () => {
  const feed = injectStream(leads, () => ({ params: { owner: '42' } }))
  injectEvent(feed, 'lead', (lead) => expectTypeOf(lead).toEqualTypeOf<{ title: string }>())
  expectTypeOf(injectLatest(feed, 'count')()).toEqualTypeOf<number | undefined>()
  expectTypeOf(injectLatest(feed, 'count', { initial: 0 })()).toEqualTypeOf<number>()
  expectTypeOf(injectEvents(feed, 'lead')()[0]?.payload).toEqualTypeOf<{ title: string } | undefined>()
  expectTypeOf(injectStreamStatus(feed)()).toEqualTypeOf<FeedStatus>()
  expectTypeOf(injectStreamStatus(feed)().end).toEqualTypeOf<RunEnd | undefined>()
  expectTypeOf(feed().stop()).resolves.toEqualTypeOf<RunEnd>()
  const own = connect(leads, { params: { owner: '42' } })
  expectTypeOf(injectLatest(own, 'count')()).toEqualTypeOf<number | undefined>()
})

it('reports a wrong event name at the name', () => {
  const feed = injectStream(leads, { params: { owner: '42' } })
  const listener = () => {}
  injectEvent(
    feed,
    // @ts-expect-error no such event
    'laed',
    listener,
  )
  injectLatest(
    feed,
    // @ts-expect-error no such event
    'laed',
  )
})

it('requires the parameters of the path', () => {
  injectStream(news)
  // @ts-expect-error `owner` is missing
  injectStream(leads)
  // @ts-expect-error no such parameter
  injectStream(leads, { params: { woner: '42' } })
})

it('returns the same `Feed` type as connect(), also from the native entry', () => {
  const feed = injectStream(leads, { params: { owner: '42' } })
  expectTypeOf(feed()).toEqualTypeOf<Feed<FeedPayloads<typeof leads>>>()
  expectTypeOf(injectNativeStream(leads, { params: { owner: '42' } })()).toEqualTypeOf<
    Feed<FeedPayloads<typeof leads>>
  >()
})

it('types the initial payload of injectLatest()', () => {
  const feed = injectStream(leads, { params: { owner: '42' } })
  expectTypeOf(injectLatest(feed, 'lead', { initial: { title: '' } })()).toEqualTypeOf<{ title: string }>()
  expectTypeOf(injectLatest(feed, 'count', {})()).toEqualTypeOf<number | undefined>()
  // @ts-expect-error the payload of another event
  injectLatest(feed, 'count', { initial: 'none' })
  // @ts-expect-error no such option
  injectLatest(feed, 'count', { inital: 0 })
})
