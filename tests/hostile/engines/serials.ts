import { defineStream, type } from '@sse/contract'

/** The stream of the tests with a broken engine. */
export const serials = defineStream({
  path: '/serials/:reader',
  heartbeatMs: 1_000,
  events: { n: type<{ serial: number }>() },
})

export const CHANNEL = 'everyone'
