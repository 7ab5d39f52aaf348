import { defineStream, type } from '@sse/contract'

export interface Lead {
  name: string
  source: 'web' | 'phone' | 'fair'
  budget: number | null
  id: number
  received_at: string
  owner: string | null
}
export const stream = defineStream({
  path: '/leads/stream',
  events: { lead: type<Lead>(), assigned: type<{ lead_id: number; owner: string }>() },
})
export const check = defineStream({
  path: '/leads/:lead_id/check',
  events: { message: type<{ percent: number; step: string }>() },
})
