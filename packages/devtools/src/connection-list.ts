import { html, nothing, type TemplateResult } from 'lit'
import type { FeedLog } from './feed-log.ts'
import { counted } from './format.ts'
import { stateClass } from './shown-entries.ts'

/** Returns the list of connections, newest first. */
export function connectionList(
  logs: readonly FeedLog[],
  selected: FeedLog,
  select: (log: FeedLog) => void,
): TemplateResult {
  return html`<nav aria-label="Connections" tabindex="-1">
    <ul>
      ${logs.toReversed().map(
        (log) =>
          html`<li>
            <button
              class="connection"
              aria-current=${log === selected ? 'true' : nothing}
              title=${log.url}
              @click=${() => select(log)}
            >
              <span class="dot ${stateClass(log.status)}"></span>
              <span class="path">${shortUrl(log.url)}</span>
              <span class="about">
                ${log.status.state}, ${counted(log.counts.events, 'event')}
                ${log.role ? html`<span class="badge">${log.role}</span>` : nothing}
                ${log.counts.gaps > 0 ? html`<span class="badge gap">gap</span>` : nothing}
                ${log.counts.invalid > 0 ? html`<span class="badge problem">invalid</span>` : nothing}
              </span>
            </button>
          </li>`,
      )}
    </ul>
  </nav>`
}

/** Returns the URL without the page's origin, or without the scheme. */
function shortUrl(url: string): string {
  return url.startsWith(`${location.origin}/`)
    ? url.slice(location.origin.length)
    : url.replace(/^https?:\/\//, '')
}
