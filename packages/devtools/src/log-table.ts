import { html, nothing, type TemplateResult } from 'lit'
import type { EventEntry, FeedLog, LogEntry, StatusEntry } from './feed-log.ts'
import { counted, describeNext, describeReason, formatBytes, formatTime } from './format.ts'
import { stateClass } from './shown-entries.ts'

/** Maximum number of characters of the data in a row. */
const PREVIEW_LENGTH = 200

/** Number of rows rendered at first: a busy stream changes each of them with every update. */
export const ROWS_AT_ONCE = 60

export interface LogTableSettings {
  log: FeedLog
  /** Number of rows rendered of those that match the filter. Scrolling down renders more. */
  rows: number
  setRows: (rows: number) => void
  isShown: (entry: LogEntry) => boolean
  selected: EventEntry | undefined
  select: (entry: EventEntry) => void
}

/** Returns events and status changes, newest first. */
export function logTable({
  log,
  rows,
  setRows,
  isShown,
  selected,
  select,
}: LogTableSettings): TemplateResult {
  const all: LogEntry[] = [...log.events.items, ...log.changes.items]
  const fitting = all.filter(isShown).sort((a, b) => b.order - a.order)
  const entries = fitting.slice(0, rows)
  const onScroll = (event: Event) => {
    const { scrollTop, scrollHeight, clientHeight } = event.currentTarget as HTMLElement
    if (scrollTop === 0) setRows(ROWS_AT_ONCE)
    else if (rows < fitting.length && scrollHeight - scrollTop < 2 * clientHeight)
      setRows(rows + ROWS_AT_ONCE)
  }
  // The Tab key stops once; arrow keys move from there.
  const stop = selected && entries.includes(selected) ? selected : entries.find(isEvent)
  return html`<div class="rows" role="group" aria-label="Log" tabindex=${stop ? nothing : '0'} @keydown=${moveFocus}
    @scroll=${onScroll}>
    <table>
      <thead>
        <tr>
          <th>Time</th>
          <th>Event</th>
          <th>Id</th>
          <th class="size">Size</th>
          <th>Data</th>
        </tr>
      </thead>
      <tbody>
        ${entries.map((entry) =>
          entry.kind === 'status'
            ? statusRow(entry)
            : eventRow(entry, entry === selected, entry === stop, select),
        )}
      </tbody>
    </table>
    ${entries.length === 0 ? html`<p class="note">No entry matches the filter.</p>` : nothing}
    ${omissions(log).map((text) => html`<p class="note">${text}</p>`)}
  </div>`
}

const isEvent = (entry: LogEntry): entry is EventEntry => entry.kind !== 'status'

function statusRow({ at, status }: StatusEntry): TemplateResult {
  return html`<tr class="status">
    <td class="time">${formatTime(at)}</td>
    <td><span class="dot ${stateClass(status)}"></span>${status.state}</td>
    <td colspan="3">${[describeReason(status), describeNext(status, at)].filter(Boolean).join('. ')}</td>
  </tr>`
}

function eventRow(
  entry: EventEntry,
  isSelected: boolean,
  isStop: boolean,
  select: (entry: EventEntry) => void,
): TemplateResult {
  const { kind, at, name, id, bytes, data, problem } = entry
  return html`<tr class=${isSelected ? 'event selected' : 'event'} @click=${() => select(entry)}>
    <td class="time">${formatTime(at)}</td>
    <td>
      <button class="name" aria-pressed=${isSelected} tabindex=${isStop ? 0 : -1}>${name}</button>
      ${kind === 'event' ? nothing : html`<span class="badge ${kind}">${BADGES[kind]}</span>`}
    </td>
    <td class="id">${id}</td>
    <td class="size">${formatBytes(bytes)}</td>
    <td class="data">${problem ?? data.slice(0, PREVIEW_LENGTH)}</td>
  </tr>`
}

const BADGES = { unknown: 'not in the contract', control: 'control', gap: 'gap', invalid: 'invalid' }

/** Returns notes about entries that are not shown. */
function omissions({ events, changes, counts }: FeedLog): string[] {
  return [
    events.dropped > 0 && `${counted(events.dropped, 'older event')} dropped, the newest are kept.`,
    changes.dropped > 0 && `${counted(changes.dropped, 'older change')} of status dropped.`,
    counts.unrecorded > 0 && `${counted(counts.unrecorded, 'event')} came while paused.`,
  ].filter((text) => text !== false)
}

function moveFocus(event: KeyboardEvent): void {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key]
  const from = event.target as HTMLElement
  if (!step || !from.matches('.name')) return
  const buttons = [...(event.currentTarget as HTMLElement).querySelectorAll<HTMLElement>('.name')]
  buttons[buttons.indexOf(from) + step]?.focus()
  event.preventDefault()
}
