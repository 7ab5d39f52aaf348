import { defineStream, type Gap, type } from '@sse/contract'
import { expectTypeOf, test } from 'vitest'
import { z } from 'zod'
import { connect, type Feed, type SseError } from '../index.ts'

const leads = defineStream({
  path: '/leads/:owner',
  events: { at: z.iso.datetime().transform((text) => new Date(text)), count: type<number>() },
})
const news = defineStream({ path: '/news', events: { headline: type<string>() } })

test('params are required if the path has parameters', () => {
  connect(leads, { params: { owner: '42' } })
  connect(news)
  connect(news, { baseUrl: 'https://example.com' })
  // @ts-expect-error no parameters
  connect(leads)
  // @ts-expect-error no parameters
  connect(leads, { baseUrl: 'https://example.com' })
  // @ts-expect-error this path has none
  connect(news, { params: { owner: '42' } })
})

test('a listener receives the output of its schema', () => {
  const feed = connect(leads, { params: { owner: '42' } })
  feed.on('at', (at, { id, event }) => {
    expectTypeOf(at).toEqualTypeOf<Date>()
    expectTypeOf(id).toEqualTypeOf<string>()
    expectTypeOf(event).toEqualTypeOf<string>()
  })
  feed.on('gap', (gap) => expectTypeOf(gap).toEqualTypeOf<Gap>())
  expectTypeOf(feed.on('count', () => {})).toEqualTypeOf<() => void>()
  // @ts-expect-error no such event
  feed.on('counts', () => {})
  // @ts-expect-error another payload
  feed.on('count', (count: string) => count)
})

test('iteration yields a union discriminated by event', async () => {
  for await (const { event, payload } of connect(leads, { params: { owner: '42' } })) {
    if (event === 'count') expectTypeOf(payload).toEqualTypeOf<number>()
    else if (event === 'at') expectTypeOf(payload).toEqualTypeOf<Date>()
    else expectTypeOf(payload).toEqualTypeOf<Gap>()
  }
})

test('a bare URL gives raw data, under any name', () => {
  const feed = connect('https://example.com/stream')
  expectTypeOf(feed).toEqualTypeOf<Feed<Record<string, string>>>()
  feed.on('message', (data) => expectTypeOf(data).toEqualTypeOf<string>())
  // A foreign server may have an event of that name.
  feed.on('gap', (gap) => expectTypeOf(gap).toEqualTypeOf<Gap | string>())
})

test('status is discriminated by state and reason', () => {
  const { status } = connect(news)
  if (status.state === 'waiting') expectTypeOf(status.error).toEqualTypeOf<SseError>()
  if (status.state === 'closed') {
    expectTypeOf(status.reason).toEqualTypeOf<'closed' | 'aborted' | 'ended' | 'no_content' | 'error'>()
    if (status.reason === 'error') expectTypeOf(status.error).toEqualTypeOf<SseError>()
    // @ts-expect-error only `error` has an error
    else expectTypeOf(status.error).toBeUnknown()
  }
})
