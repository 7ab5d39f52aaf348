import { expectTypeOf, test } from 'vitest'
import { z } from 'zod'
import {
  type Channel,
  defineStream,
  type PathParams,
  type Payload,
  type PayloadInput,
  text,
  type,
} from './index.ts'
import { createEventEncoder } from './protocol.ts'

const leads = defineStream({
  path: '/teams/:team/leads/:owner',
  events: {
    lead: z.object({ id: z.string(), score: z.number().default(0) }),
    at: z.iso.datetime().transform((text) => new Date(text)),
    count: type<number>(),
    nothing: type<undefined>(),
  },
})
type Leads = typeof leads

test('the type of the parameters comes from the path', () => {
  expectTypeOf<PathParams<'/teams/:team/leads/:owner'>>().toEqualTypeOf<{
    readonly team: string
    readonly owner: string
  }>()
  expectTypeOf<keyof PathParams<'/leads'>>().toEqualTypeOf<never>()
  expectTypeOf<PathParams<string>>().toEqualTypeOf<{ readonly [x: string]: string }>()
})

test('the server passes the schema’s input and the client receives its output', () => {
  expectTypeOf<PayloadInput<Leads, 'lead'>>().toEqualTypeOf<{ id: string; score?: number | undefined }>()
  expectTypeOf<Payload<Leads, 'lead'>>().toEqualTypeOf<{ id: string; score: number }>()
  expectTypeOf<PayloadInput<Leads, 'at'>>().toEqualTypeOf<string>()
  expectTypeOf<Payload<Leads, 'at'>>().toEqualTypeOf<Date>()
  expectTypeOf<Payload<Leads, 'count'>>().toEqualTypeOf<number>()
})

test('the payload of text() is a string on both sides', () => {
  const rows = defineStream({ path: '/rows', events: { row: text() } })
  expectTypeOf<PayloadInput<typeof rows, 'row'>>().toEqualTypeOf<string>()
  expectTypeOf<Payload<typeof rows, 'row'>>().toEqualTypeOf<string>()
  // @ts-expect-error not a string
  createEventEncoder(rows, 1_000)('row', 1)
})

test('an event accepts only its own payload', () => {
  const event = createEventEncoder(leads, 1_000)
  event('count', 1)
  event('lead', { id: '1' }, { id: '7', retry: 100 })
  event('nothing', undefined)
  // @ts-expect-error no such event
  event('leads', { id: '1' })
  // @ts-expect-error another event's payload
  event('count', { id: '1' })
  // @ts-expect-error ids are text
  event('count', 1, { id: 7 })
})

test('a definition without a schema, or with a heartbeat that is no number, does not compile', () => {
  // @ts-expect-error a type is no schema: write type<number>()
  defineStream({ path: '/count', events: { count: Number } })
  // @ts-expect-error milliseconds, not text
  defineStream({ path: '/count', events: { count: type<number>() }, heartbeatMs: '15s' })
})

test('the type of a channel comes from the declared patterns', () => {
  const events = { count: type<number>() }
  const declared = defineStream({
    path: '/a',
    events,
    channels: ['owner:{owner}', 'team:{team}:{role}', 'all'],
  })
  expectTypeOf<Channel<typeof declared>>().toEqualTypeOf<
    `owner:${string}` | `team:${string}:${string}` | 'all'
  >()
  const free = defineStream({ path: '/a', events })
  expectTypeOf<Channel<typeof free>>().toEqualTypeOf<string>()
})
