// Written from Leads by @sse/openapi. Do not edit: write it again.

import { defineStream, type } from '@sse/contract'

export type MixedMessage = Lead | Reminder
export type NumbersMessage = number

export interface Lead {
  kind: 'lead'
  id: number
  name: string
  phone?: null | string
}
export interface Reminder {
  kind: 'reminder'
  due: string
}

/** (GET /leads) */
export const leads = defineStream({
  path: '/leads',
  events: {
    message: type<Lead>(),
  },
})

/** (GET /mixed) */
export const mixed = defineStream({
  path: '/mixed',
  events: {
    message: type<MixedMessage>(),
  },
})

/** (GET /numbers) */
export const numbers = defineStream({
  path: '/numbers',
  events: {
    message: type<NumbersMessage>(),
  },
})
