import { defineStream } from '@sse/contract'
import { z } from 'zod'

/** Contract of the app under test. */
export const leads = defineStream({
  path: '/leads/:owner',
  events: { lead: z.object({ id: z.string(), title: z.string() }), count: z.number() },
})
