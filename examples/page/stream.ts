import { defineStream, type } from '@sse/contract'

/** What server and page agree on: where the stream is, and what it brings. */
export const stream = defineStream({
  path: '/stream',
  events: { number: type<number>() },
})
