// Written from Leads by @sse/openapi. Do not edit: write it again.

import { defineStream, text, type } from '@sse/contract'

export interface Lead {
  id: number
  name: string
  phone?: null | string
}
export interface DeskReminder {
  due: string
}
export interface AnswersMessage {
  text: string
}

/** (GET /leads) */
export const leads = defineStream({
  path: '/leads',
  events: {
    message: type<Lead>(),
  },
})

/** (GET /desk) */
export const desk = defineStream({
  path: '/desk',
  events: {
    lead: type<Lead>(),
    reminder: type<DeskReminder>(),
  },
})

/** (POST /answers. Open it with connect(answers, { method: 'POST', body })) */
export const answers = defineStream({
  path: '/answers',
  events: {
    message: type<AnswersMessage>(),
  },
})

/** (GET /raw) */
export const raw = defineStream({
  path: '/raw',
  events: {
    message: text(),
  },
})
