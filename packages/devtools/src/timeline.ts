import { html, type nothing, type SVGTemplateResult, svg, type TemplateResult } from 'lit'
import type { FeedLog } from './feed-log.ts'
import { stateClass } from './shown-entries.ts'

/** Length of the timeline, in milliseconds. */
const SPAN_MS = 120_000

interface Stretch {
  readonly state: string
  /** Positions from 0 (two minutes ago) to 1 (now). */
  readonly from: number
  readonly to: number
}

/** Returns a feed's states over the last two minutes. */
export function stretches(log: FeedLog, now: number): Stretch[] {
  const place = (at: number) => Math.min(1, Math.max(0, 1 - (now - at) / SPAN_MS))
  return log.changes.items
    .map(({ at, status }, index, all) => {
      const end = all[index + 1]?.at ?? now
      return { state: stateClass(status), from: place(at), to: place(end) }
    })
    .filter(({ from, to }) => to > from)
}

export function timeline(log: FeedLog, now: number): TemplateResult {
  const parts = stretches(log, now)
  const problems = log.events.items.filter(
    ({ kind, at }) => (kind === 'gap' || kind === 'invalid') && now - at < SPAN_MS,
  )
  // Attributes, because the page's security policy may forbid inline styles.
  return html`<div class="timeline">
    <svg viewBox="0 0 1000 10" preserveAspectRatio="none" role="img" aria-label=${inWords(parts)}>
      ${parts.map(({ state, from, to }) => bar(`bar ${state}`, from * 1_000, (to - from) * 1_000))}
      ${problems.map(({ kind, at }) => bar(`mark ${kind}`, (1 - (now - at) / SPAN_MS) * 1_000 - 2, 4))}
    </svg>
    <span aria-hidden="true">2 min ago</span><span aria-hidden="true">now</span>
  </div>`
}

function bar(classes: string, x: number, width: number): SVGTemplateResult | typeof nothing {
  // A short state must stay visible.
  return svg`<rect class=${classes} x=${x.toFixed(1)} y="0" width=${Math.max(2, width).toFixed(1)} height="10" />`
}

function inWords(parts: readonly Stretch[]): string {
  const seconds = new Map<string, number>()
  for (const { state, from, to } of parts) {
    seconds.set(state, (seconds.get(state) ?? 0) + ((to - from) * SPAN_MS) / 1_000)
  }
  return `In the last two minutes: ${[...seconds].map(([state, time]) => `${state} ${time.toFixed(0)} s`).join(', ')}`
}
