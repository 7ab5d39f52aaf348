import { connect, type Feed, type FeedPayloads, type FeedStatus, type RunEnd } from '@sse/client'
import { defineStream, type } from '@sse/contract'
import { expectTypeOf, it } from 'vitest'
import { ref } from 'vue'
import { useEvent, useEvents, useLatest, useStream, useStreamStatus } from './index.ts'
import { useStream as useNativeStream } from './native.ts'

const leads = defineStream({
  path: '/leads/:owner',
  events: { lead: type<{ title: string }>(), count: type<number>() },
})
const news = defineStream({ path: '/news', events: { headline: type<string>() } })

it('infers payload types from the contract', () => {
  const feed = useStream(leads, () => ({ params: { owner: '42' } }))
  useEvent(feed, 'lead', (lead) => expectTypeOf(lead).toEqualTypeOf<{ title: string }>())
  expectTypeOf(useLatest(feed, 'count').value).toEqualTypeOf<number | undefined>()
  expectTypeOf(useLatest(feed, 'count', { initial: 0 }).value).toEqualTypeOf<number>()
  expectTypeOf(useEvents(feed, 'lead').value[0]?.payload).toEqualTypeOf<{ title: string } | undefined>()
  expectTypeOf(useStreamStatus(feed).value).toEqualTypeOf<FeedStatus>()
  expectTypeOf(useStreamStatus(feed).value.end).toEqualTypeOf<RunEnd | undefined>()
  expectTypeOf(feed.value.stop()).resolves.toEqualTypeOf<RunEnd>()
  const own = connect(leads, { params: { owner: '42' } })
  expectTypeOf(useLatest(own, 'count').value).toEqualTypeOf<number | undefined>()
})

it('reports a wrong event name at the name', () => {
  const feed = useStream(leads, ref({ params: { owner: '42' } }))
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

it('requires the parameters of the path', () => {
  useStream(news)
  // @ts-expect-error `owner` is missing
  useStream(leads)
  // @ts-expect-error no such parameter
  useStream(leads, { params: { woner: '42' } })
})

it('returns the same `Feed` type as connect(), also from the native entry', () => {
  const feed = useStream(leads, { params: { owner: '42' } })
  expectTypeOf(feed.value).toEqualTypeOf<Feed<FeedPayloads<typeof leads>>>()
  expectTypeOf(useNativeStream(leads, { params: { owner: '42' } }).value).toEqualTypeOf<
    Feed<FeedPayloads<typeof leads>>
  >()
})

it('types the initial payload of useLatest()', () => {
  const feed = useStream(leads, { params: { owner: '42' } })
  expectTypeOf(useLatest(feed, 'lead', { initial: { title: '' } }).value).toEqualTypeOf<{ title: string }>()
  expectTypeOf(useLatest(feed, 'count', {}).value).toEqualTypeOf<number | undefined>()
  // @ts-expect-error the payload of another event
  useLatest(feed, 'count', { initial: 'none' })
  // @ts-expect-error no such option
  useLatest(feed, 'count', { inital: 0 })
})
