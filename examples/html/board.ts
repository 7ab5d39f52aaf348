import { defineStream, text } from '@sse/contract'

/** Libraries that show the board. Each reads HTML in its own form, and is a channel of the hub. */
export const LIBRARIES = ['htmx2', 'htmx4', 'turbo', 'datastar'] as const
export type Library = (typeof LIBRARIES)[number]

export const board = defineStream({
  path: '/board/:library',
  events: {
    /** For htmx 2, which is told the name of an event. */
    leads: text(),
    /** For htmx 4 and Turbo, which read events without a name. */
    message: text(),
    /** For Datastar. Since its version 1.0 the name is `datastar-patch-elements`, with other words in its lines. */
    'datastar-merge-fragments': text(),
  },
  channels: LIBRARIES,
})

export interface Lead {
  readonly id: number
  readonly name: string
  readonly city: string
  readonly value: number
}

/** Renders the leads, the newest first: the whole list, so that an event that comes twice changes nothing. */
export function renderLeads(leads: readonly Lead[]): string {
  if (leads.length === 0) return '<li class="empty">No leads yet. Add the first one.</li>'
  return leads
    .map(
      ({ id, name, city, value }) =>
        `<li id="lead-${id}"><b>${escapeHtml(name)}</b><span>${escapeHtml(city)}</span><data value="${value}">${euro.format(value)}</data></li>`,
    )
    .join('\n')
}

const euro = new Intl.NumberFormat('en', { style: 'currency', currency: 'EUR', maximumFractionDigits: 0 })

/** What a person has typed is text, whatever it looks like. */
export function escapeHtml(given: string): string {
  const entities: Record<string, string> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
    "'": '&#39;',
  }
  return given.replace(/[&<>"']/g, (character) => entities[character] as string)
}

/** The list as each library wants it. */
export const EVENTS = {
  htmx2: (list: string) => ['leads', list],
  htmx4: (list: string) => ['message', list],
  turbo: (list: string) => [
    'message',
    `<turbo-stream action="update" target="leads"><template>${list}</template></turbo-stream>`,
  ],
  datastar: (list: string) => [
    'datastar-merge-fragments',
    `<ul id="leads" aria-live="polite">\n${list}\n</ul>`.replaceAll(/^/gm, 'fragments '),
  ],
} satisfies Record<Library, (list: string) => readonly [keyof typeof board.events, string]>
