import { defineStream } from '@sse/contract'
import * as v from 'valibot'

/** What server and page agree on: where the stream is, and what it brings. Both sides check it. */
export const stream = defineStream({
  path: '/stream',
  events: { number: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(100)) },
})
