import { defineStream } from '@sse/contract'
import { z } from 'zod'

/** The contract of the app whose tests are shown here. */
export const leads = defineStream({
  path: '/leads/:owner',
  events: { lead: z.object({ id: z.string(), title: z.string() }), count: z.number() },
})
