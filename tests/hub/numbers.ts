import { defineStream, type } from '@sse/contract'

export const numbers = defineStream({
  path: '/numbers/:owner',
  heartbeatMs: 200,
  events: { n: type<number>() },
})
