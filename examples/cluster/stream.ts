import { defineStream, type } from '@sse/contract'

export interface Lead {
  title: string
  /** Which server process published it. */
  by: string
}

export const leads = defineStream({
  path: '/leads/:owner',
  heartbeatMs: 5_000,
  events: { lead: type<Lead>() },
})
