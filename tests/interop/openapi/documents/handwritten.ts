// Written from Leads by @sse/openapi. Do not edit: write it again.

import { defineStream, type } from '@sse/contract'

export interface LeadsStreamLead {
  id: number
  name: string
  phone?: string
}
export interface LeadsStreamReminder {
  lead_id: number
  due: string
}

/** Leads (GET /leads/stream) */
export const leadsStream = defineStream({
  path: '/leads/stream',
  events: {
    lead: type<LeadsStreamLead>(),
    reminder: type<LeadsStreamReminder>(),
  },
})
