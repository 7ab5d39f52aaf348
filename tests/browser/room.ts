import { defineStream, type } from '@sse/contract'

export const room = defineStream({
  path: '/room/:name',
  heartbeatMs: 100,
  events: { n: type<number>(), said: type<{ text: string }>() },
})
