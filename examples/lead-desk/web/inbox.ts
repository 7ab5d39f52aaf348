import type { InboxLead, Lead } from '../shared/lead.ts'

/** What an inbox page knows. Every step may come twice or late: each lead is in it once, and nothing becomes unread. */
export interface Inbox {
  /** Newest first. */
  leads: Lead[]
  /** This lead and all before it are read. */
  readUpTo: number
  isLoaded: boolean
  /** The event's id for each lead that came through the stream: what to acknowledge. */
  eventIds: ReadonlyMap<number, string>
  /** Leads that came while the page was open. */
  fresh: ReadonlySet<number>
  /** What has just happened. */
  news: string
}

export type InboxStep =
  | { type: 'loaded'; leads: InboxLead[] }
  | { type: 'lead'; lead: Lead; eventId: string }
  | { type: 'read'; upTo: number }

export const emptyInbox: Inbox = {
  leads: [],
  readUpTo: 0,
  isLoaded: false,
  eventIds: new Map(),
  fresh: new Set(),
  news: '',
}

export function nextInbox(inbox: Inbox, step: InboxStep): Inbox {
  switch (step.type) {
    case 'loaded': {
      const known = new Set(step.leads.map(({ id }) => id))
      const others = inbox.leads.filter(({ id }) => !known.has(id))
      const leads = [...step.leads, ...others].sort((a, b) => b.id - a.id)
      const read = step.leads.filter(({ isRead }) => isRead).map(({ id }) => id)
      const readUpTo = Math.max(inbox.readUpTo, ...read)
      const loaded = { ...inbox, leads, readUpTo, isLoaded: true }
      const waiting = unreadIn(loaded)
      if (inbox.isLoaded || waiting === 0) return loaded
      return {
        ...loaded,
        news: `${waiting === 1 ? 'A lead has' : `${waiting} leads have`} been waiting for you`,
      }
    }
    case 'lead': {
      const { lead, eventId } = step
      const eventIds = new Map(inbox.eventIds).set(lead.id, eventId)
      if (inbox.leads.some(({ id }) => id === lead.id)) return { ...inbox, eventIds }
      const leads = [lead, ...inbox.leads].sort((a, b) => b.id - a.id)
      if (!inbox.isLoaded) return { ...inbox, leads, eventIds }
      const fresh = new Set(inbox.fresh).add(lead.id)
      return { ...inbox, leads, eventIds, fresh, news: `New lead: ${lead.title}, ${lead.company}` }
    }
    case 'read': {
      const read = { ...inbox, readUpTo: Math.max(inbox.readUpTo, step.upTo) }
      return unreadIn(read) === 0 ? { ...read, news: '' } : read
    }
  }
}

export const unreadIn = ({ leads, readUpTo }: Inbox) => leads.filter(({ id }) => id > readUpTo).length

/** The id of the newest event up to that lead; `undefined` when none of them came through the stream. */
export function eventIdUpTo({ eventIds }: Inbox, upTo: number): string | undefined {
  const newest = Math.max(0, ...[...eventIds.keys()].filter((id) => id <= upTo))
  return eventIds.get(newest)
}
