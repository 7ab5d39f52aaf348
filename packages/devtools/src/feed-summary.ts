import { html, nothing, type TemplateResult } from 'lit'
import type { FeedLog } from './feed-log.ts'
import { counted, describeNext, describeReason, formatBytes, formatCount } from './format.ts'
import { stateClass } from './shown-entries.ts'
import { timeline } from './timeline.ts'

/** Returns a feed's status and its reason, its counts, and a timeline of its last minutes. */
export function feedSummary(log: FeedLog, now: number): TemplateResult {
  const { status, counts } = log
  const next = describeNext(status, now)
  const facts = [
    `${log.method} by ${log.role ? 'one tab for all' : log.transport}`,
    log.headers && `headers: ${log.headers}`,
    `${counted(counts.events, 'event')}, ${formatBytes(counts.bytes)}`,
    counts.heartbeats > 0 && counted(counts.heartbeats, 'heartbeat'),
    counts.drops > 0 && counted(counts.drops, 'reconnect'),
    counts.gaps > 0 && counted(counts.gaps, 'gap'),
    counts.invalid > 0 && `${formatCount(counts.invalid)} invalid`,
  ].filter((fact) => fact !== false && fact !== '')
  return html`<div class="summary">
    <p class="state">
      <span class="pill ${stateClass(status)}">${status.state}</span>
      ${log.role ? html`<span class="badge">${log.role}</span>` : nothing}
      <span class="why">${describeReason(status)}</span>
      ${next ? html`<span class="next">${next}</span>` : nothing}
    </p>
    <p class="url">${log.url}</p>
    <p class="facts">${facts.map((fact) => html`<span>${fact}</span>`)}</p>
    ${timeline(log, now)}
  </div>`
}
