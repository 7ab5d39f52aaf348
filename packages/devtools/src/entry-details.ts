import { html, nothing, type TemplateResult } from 'lit'
import { type EventEntry, MAX_DATA_LENGTH } from './feed-log.ts'
import { counted, formatBytes, formatTime } from './format.ts'

/** Returns the details of one event, with its data. */
export function entryDetails(entry: EventEntry, close: () => void): TemplateResult {
  const { name, id, at, bytes, data, isCut, isText, problem } = entry
  return html`<aside class="details" aria-label="Event">
    <header>
      <h3>${name}</h3>
      <button class="close" aria-label="Close the event" @click=${close}>
        <svg viewBox="0 0 16 16" aria-hidden="true"><path d="m4 4 8 8m0-8-8 8" /></svg>
      </button>
    </header>
    <dl>
      <dt>Id</dt>
      <dd>${id === '' ? 'none' : id}</dd>
      <dt>Time</dt>
      <dd>${formatTime(at)}</dd>
      <dt>Size</dt>
      <dd>${formatBytes(bytes)}</dd>
      ${problem === undefined ? nothing : html`<dt>Problem</dt><dd class="problem">${problem}</dd>`}
    </dl>
    <pre tabindex="0" role="group" aria-label="Data">${isText ? data : pretty(data)}</pre>
    ${isCut ? html`<p class="note">The first ${counted(MAX_DATA_LENGTH, 'character')}.</p>` : nothing}
  </aside>`
}

function pretty(data: string): string {
  if (data === '') return 'No data'
  try {
    return JSON.stringify(JSON.parse(data), null, 2)
  } catch {
    return data
  }
}
