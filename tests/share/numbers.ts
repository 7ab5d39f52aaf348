import { defineStream, type } from '@sse/contract'

export const numbers = defineStream({
  path: '/numbers/:name',
  events: { n: type<number>() },
  heartbeatMs: 100,
})
