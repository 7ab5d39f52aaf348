// Mistakes an app team makes. Each `→` line is part of the compiler's message for the line below it, and the
// text in «» is where it must point. Read by mistakes.test.ts; left out of the project's own type check.
import { connect } from '@sse/client'
import { defineStream, SseError, type } from '@sse/contract'
import { createHub, sse } from '@sse/server'
import { sse as express } from '@sse/server/express'

const leads = defineStream({
  path: '/leads/:owner',
  events: { lead: type<{ id: string; title: string }>(), count: type<number>(), due: type<{ at: Date }>() },
})
const news = defineStream({ path: '/news', events: { headline: type<string>() } })

export const handler = sse(leads, async function* ({ event, params }) {
  // → Argument of type '"laed"' is not assignable to parameter of type '" «'laed'»
  yield event('laed', 1)
  // → Argument of type 'string' is not assignable to parameter of type 'number'. «'one'»
  yield event('count', 'one')
  // → Type 'number' is not assignable to type 'string'. «title»
  yield event('lead', { id: '1', title: 2 })
  // → Property 'title' is missing in type '{ id: string; }' but required in type '{ id: string; title: string; }'. «{ id: '1' }»
  yield event('lead', { id: '1' })
  // → Property 'user' does not exist on type 'PathParams<"/leads/:owner">'. «user»
  console.log(params.user)
})

export const mounted = express(leads, async function* ({ event, req }) {
  // → Argument of type 'boolean' is not assignable to parameter of type 'number'. «true»
  yield event('count', true)
  // → Property 'nope' does not exist on type 'Request<ParamsDictionary, any, any, ParsedQs, Record<string, any>>'. «nope»
  console.log(req.nope)
})

const hub = createHub(news)
// → Property 'channels' is missing in type '{ authorize: () => true; }' but required in type 'HubStreamOptions< «{ authorize»
export const noChannels = sse(hub, { authorize: () => true })
// → Object literal may only specify known properties, but 'chanels' does not exist in type 'HubStreamOptions< «chanels»
export const wrongChannels = sse(hub, { authorize: () => true, chanels: 'everyone' })
// → Object literal may only specify known properties, but 'channel' does not exist in type 'HubStreamOptions< «channel»
export const oneChannel = express(hub, { authorize: ({ req }) => req.get('x-user'), channel: 'everyone' })

// → Expected 2 arguments, but got 1. «connect»
export const noOptions = connect(leads)
// → Property 'params' is missing in type '{}' but required in type 'ConnectOptionsFor<"/leads/:owner">'. «{}»
export const noParams = connect(leads, {})
// → Property 'owner' is missing in type '{}' but required in type 'PathParams<"/leads/:owner">'. «params»
export const noOwner = connect(leads, { params: {} })
// → Object literal may only specify known properties, and 'user' does not exist in type 'PathParams<"/leads/:owner">'. «user»
export const wrongParam = connect(leads, { params: { user: '42' } })

const feed = connect(leads, { params: { owner: '42' } })
// → Argument of type '"laed"' is not assignable to parameter of type '" «'laed'»
feed.on('laed', () => {})
// → Property 'name' does not exist on type '{ id: string; title: string; }'. «name»
feed.on('lead', (lead) => console.log(lead.name))
// → Property 'getTime' does not exist on type 'string'. «getTime»
feed.on('due', ({ at }) => console.log(at.getTime()))

// → Object literal may only specify known properties, and 'retry' does not exist in type 'ConnectOptions'. «retry»
export const wrongOption = connect(news, { retry: 1 })
// → Argument of type '404' is not assignable to parameter of type 'SseErrorCode | (string & {})'. «404»
export const wrongCode = new SseError(404, 'No')
