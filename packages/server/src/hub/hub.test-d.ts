import { defineStream, type Gap, type } from '@sse/contract'
import { describe, expectTypeOf, it } from 'vitest'
import { sse as sseExpress } from '../adapters/express.ts'
import { createHub, type Hub, sse } from '../index.ts'

const leads = defineStream({
  path: '/leads/:owner',
  events: { lead: type<{ id: string; title: string }>(), count: type<number>() },
})
const other = defineStream({ path: '/jobs', events: { done: type<boolean>() } })
const hub = createHub(leads)

describe('a hub’s types', () => {
  it('publish takes the contract’s events and payloads', () => {
    expectTypeOf(hub).toEqualTypeOf<Hub<typeof leads>>()
    expectTypeOf(hub.publish('a', 'count', 1)).toEqualTypeOf<Promise<string>>()
    // @ts-expect-error an event that the contract does not have
    hub.publish('a', 'nothing', 1)
    // @ts-expect-error a payload of another event
    hub.publish('a', 'lead', 1)
    // @ts-expect-error a missing member
    hub.entry('a', 'lead', { id: '7' })
  })

  it('a subscription is a source of its own contract’s stream, and of no other', () => {
    sse(leads, ({ params, lastEventId }) => hub.subscribe(params.owner, { after: lastEventId }))
    sseExpress(leads, async ({ params }) => hub.subscribe([params.owner, 'everyone'] as const))
    sse(leads, hub.subscribe('everyone'))
    sse(leads, async function* () {
      for await (const event of hub.subscribe('everyone')) yield event
    })
    // @ts-expect-error events of another contract
    sse(other, () => hub.subscribe('everyone'))
  })

  it('a loop’s events tell their payload by their name', async () => {
    for await (const { event, payload, id, channel } of hub.subscribe('everyone')) {
      expectTypeOf(id).toEqualTypeOf<string>()
      expectTypeOf(channel).toEqualTypeOf<string>()
      if (event === 'count') expectTypeOf(payload).toEqualTypeOf<number>()
      if (event === 'gap') expectTypeOf(payload).toEqualTypeOf<Gap>()
    }
  })
})
