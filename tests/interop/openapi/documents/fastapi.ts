// Written from Leads by @sse/openapi. Do not edit: write it again.

import { defineStream, text, type } from '@sse/contract'

export type Source = 'web' | 'phone' | 'trade fair'
export type UnionMessage = Lead | Reminder
export type DiscriminatedMessage = Lead | Reminder
export type TicksMessage = number
export type ForeverMessage = number

/**
 * A person who wants to buy.
 */
export interface Lead {
  kind?: 'lead'
  id: number
  key: string
  /**
   * First and last name
   */
  name: string
  source: Source
  contact: Contact
  tags?: string[]
  budget?: string | null
  received_at: string
  extra?: {
    [k: string]: unknown
  }
}
export interface Contact {
  email: string
  phone?: string | null
}
export interface Reminder {
  kind?: 'reminder'
  leadId: number
  due: string
}
/**
 * A model that contains itself.
 */
export interface Comment {
  text: string
  replies?: Comment[]
}
/**
 * The body of a POST and an event: FastAPI describes it twice, as input and as output.
 */
export interface NoteOutput {
  text: string
  at: string
}

/** One Model (GET /leads/stream) */
export const leadsStream = defineStream({
  path: '/leads/stream',
  events: {
    message: type<Lead>(),
  },
})

/** Parameters (GET /desks/:desk_id/stream) */
export const desksByDeskIdStream = defineStream({
  path: '/desks/:desk_id/stream',
  events: {
    message: type<Lead>(),
  },
})

/** Union Of Models (GET /union) */
export const union = defineStream({
  path: '/union',
  events: {
    message: type<UnionMessage>(),
  },
})

/** Discriminated Union (GET /discriminated) */
export const discriminated = defineStream({
  path: '/discriminated',
  events: {
    message: type<DiscriminatedMessage>(),
  },
})

/** Named (GET /named) */
export const named = defineStream({
  path: '/named',
  events: {
    lead: type<Lead>(),
    reminder: type<Reminder>(),
  },
})

/** Server Sent Events (GET /undescribed) */
export const undescribed = defineStream({
  path: '/undescribed',
  events: {
    message: text(),
  },
})

/** Text (GET /text) */
export const textStream = defineStream({
  path: '/text',
  events: {
    message: text(),
  },
})

/** No Annotation (GET /nothing) */
export const nothing = defineStream({
  path: '/nothing',
  events: {
    message: text(),
  },
})

/** Numbers (GET /ticks) */
export const ticks = defineStream({
  path: '/ticks',
  events: {
    message: type<TicksMessage>(),
  },
})

/** Recursive (GET /comments) */
export const comments = defineStream({
  path: '/comments',
  events: {
    message: type<Comment>(),
  },
})

/** Answer To Post (POST /answers. Open it with connect(answers, { method: 'POST', body })) */
export const answers = defineStream({
  path: '/answers',
  events: {
    message: type<NoteOutput>(),
  },
})

/** Forever (GET /forever) */
export const forever = defineStream({
  path: '/forever',
  events: {
    message: type<ForeverMessage>(),
  },
})
