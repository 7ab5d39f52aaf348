import { defineStream, type } from '@sse/contract'
import type { Request as ExpressRequest } from 'express'
import { expectTypeOf, it } from 'vitest'
import { publishHandler as publishExpress } from '../adapters/express.ts'
import { createHub, publishHandler, sse } from '../index.ts'

const leads = defineStream({
  path: '/leads/:owner',
  channels: ['owner:{id}', 'everyone'],
  events: { lead: type<{ id: string }>(), removed: type<string>() },
})
const hub = createHub(leads)
declare function serviceOf(token: string | null): Promise<{ id: string; may: string[] } | null>

it('gives allow the identity, and the names of the contract', () => {
  publishHandler(hub, {
    authorize: ({ request, identity }) => {
      expectTypeOf(identity).toEqualTypeOf<undefined>()
      return serviceOf(request.headers.get('authorization'))
    },
    allow: ({ identity, event, channel, request, params, signal }) => {
      expectTypeOf(identity).toEqualTypeOf<{ id: string; may: string[] }>()
      expectTypeOf(event).toEqualTypeOf<'lead' | 'removed'>()
      expectTypeOf(channel).toEqualTypeOf<`owner:${string}` | 'everyone'>()
      expectTypeOf(request).toEqualTypeOf<Request>()
      expectTypeOf(params).toEqualTypeOf<Readonly<Record<string, string>>>()
      expectTypeOf(signal).toEqualTypeOf<AbortSignal>()
      return identity.may.includes(event)
    },
  })
  publishExpress(hub, {
    authorize: ({ req }) => {
      expectTypeOf(req).toEqualTypeOf<ExpressRequest>()
      return true as const
    },
    allow: async () => true,
  })
})

it('requires authorize, and an answer of allow', () => {
  // @ts-expect-error authorize is missing
  publishHandler(hub, {})
  // @ts-expect-error a function without an answer
  publishHandler(hub, { authorize: () => true, allow: () => {} })
  // @ts-expect-error not a hub
  publishHandler(leads, { authorize: () => true })
  // @ts-expect-error no event of this name
  publishHandler(hub, { authorize: () => true, allow: ({ event }) => event === 'laed' })
  // @ts-expect-error a Response is no answer of authorize
  publishHandler(hub, { authorize: () => new Response() })
  // A stream of the same hub.
  sse(hub, { authorize: () => true, channels: 'everyone' })
})
