// Written from Lead desk by @sse/openapi. Do not edit: write it again.

import { defineStream, type } from '@sse/contract'

export interface Lead {
  name: string
  source: 'web' | 'phone' | 'fair'
  budget: number | null
  id: number
  received_at: string
  owner: string | null
}
export interface Assignment {
  lead_id: number
  owner: string
}
export interface Check {
  percent: number
  step: string
}

/** Stream (GET /leads/stream) */
export const leadsStream = defineStream({
  path: '/leads/stream',
  events: {
    lead: type<Lead>(),
    assigned: type<Assignment>(),
  },
})

/** Check (GET /leads/:lead_id/check) */
export const leadsByLeadIdCheck = defineStream({
  path: '/leads/:lead_id/check',
  events: {
    message: type<Check>(),
  },
})
