import { defineStream, type Gap, type } from '@sse/contract'
import { describe, expectTypeOf, it } from 'vitest'
import { sse as sseExpress } from '../adapters/express.ts'
import { createHub, type Hub, memory, sse } from '../index.ts'
import type { Engine } from '../log/engine.ts'

const leads = defineStream({
  path: '/leads/:owner',
  events: { lead: type<{ id: string; title: string }>(), count: type<number>() },
})
const other = defineStream({ path: '/jobs', events: { done: type<boolean>() } })
const declared = defineStream({
  path: '/desk',
  events: { count: type<number>() },
  channels: ['owner:{owner}', 'everyone'],
})
const hub = createHub(leads)
interface Transaction {
  readonly id: number
}
declare const transactional: Engine<Transaction>
declare const transaction: Transaction

describe('a hub’s types', () => {
  it('publish takes the contract’s events and payloads', () => {
    expectTypeOf(hub).toEqualTypeOf<Hub<typeof leads>>()
    expectTypeOf(hub.publish('a', 'count', 1)).toEqualTypeOf<Promise<string>>()
    // @ts-expect-error an event that the contract does not have
    hub.publish('a', 'nothing', 1)
    // @ts-expect-error a payload of another event
    hub.publish('a', 'lead', 1)
    // @ts-expect-error a missing member
    hub.publish('a', 'lead', { id: '7' })
  })

  it('publishIn takes the transaction of the engine, and does not compile without one', () => {
    expectTypeOf(createHub(leads, { engine: memory() })).toEqualTypeOf<Hub<typeof leads>>()
    // @ts-expect-error an engine without transactions
    hub.publishIn({}, 'a', 'count', 1)
    const withTransactions = createHub(leads, { engine: transactional })
    expectTypeOf(withTransactions).toEqualTypeOf<Hub<typeof leads, Transaction>>()
    expectTypeOf(withTransactions.publishIn(transaction, 'a', 'count', 1)).toEqualTypeOf<Promise<void>>()
    // @ts-expect-error something else than the engine's transaction
    withTransactions.publishIn('begin', 'a', 'count', 1)
    // @ts-expect-error a payload of another event
    withTransactions.publishIn(transaction, 'a', 'lead', 1)
    const any: Hub<typeof leads> = withTransactions
    expectTypeOf(any.contract).toEqualTypeOf<typeof leads>()
  })

  it('channels are checked where the contract declares them', () => {
    const desk = createHub(declared)
    desk.publish('everyone', 'count', 1)
    desk.publish(`owner:${42}`, 'count', 1)
    desk.subscribe(['owner:42', 'everyone'])
    // @ts-expect-error a misspelled channel
    desk.publish('ower:42', 'count', 1)
    // @ts-expect-error a misspelled channel
    desk.subscribe('ower:42')
    // @ts-expect-error one of them is misspelled
    desk.subscribe(['owner:42', 'everyon'])
    // @ts-expect-error a misspelled channel
    desk.presence('ower:42')
    // @ts-expect-error a misspelled channel
    desk.onPresence('ower:42', () => {})
  })

  it('what connections and streams use of a hub is not public', () => {
    // @ts-expect-error internal
    hub['@sse/admit']
    // @ts-expect-error removed: use publishIn
    hub.entry
  })

  it('a subscription is a source of its own contract’s stream only', () => {
    sse(leads, ({ params, lastEventId }) => hub.subscribe(params.owner, { after: lastEventId }))
    sseExpress(leads, async ({ params }) => hub.subscribe([params.owner, 'everyone'] as const))
    sse(leads, hub.subscribe('everyone'))
    sse(leads, async function* () {
      for await (const event of hub.subscribe('everyone')) yield event
    })
    // @ts-expect-error events of another contract
    sse(other, () => hub.subscribe('everyone'))
  })

  it('a loop’s events have the payload type of their name', async () => {
    for await (const { event, payload, id, channel } of hub.subscribe('everyone')) {
      expectTypeOf(id).toEqualTypeOf<string>()
      expectTypeOf(channel).toEqualTypeOf<string>()
      if (event === 'count') expectTypeOf(payload).toEqualTypeOf<number>()
      if (event === 'gap') expectTypeOf(payload).toEqualTypeOf<Gap>()
    }
  })
})
