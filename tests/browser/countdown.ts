import { defineStream, type } from '@sse/contract'

/** A stream that ends: what the pages of the tests read. */
export const countdown = defineStream({
  path: '/countdown/:from',
  events: { count: type<number>(), message: type<string>() },
})
