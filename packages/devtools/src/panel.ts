import { type CSSResult, html, LitElement, nothing, type TemplateResult } from 'lit'
import { connectionList } from './connection-list.ts'
import { connectionStyle } from './connection-style.ts'
import { entryDetails } from './entry-details.ts'
import type { EventEntry, FeedLog } from './feed-log.ts'
import { feedStyle } from './feed-style.ts'
import { feedSummary } from './feed-summary.ts'
import { counted } from './format.ts'
import { logStyle } from './log-style.ts'
import { logTable, ROWS_AT_ONCE } from './log-table.ts'
import { narrowStyle } from './narrow-style.ts'
import { panelStyle } from './panel-style.ts'
import type { Recorder } from './recorder.ts'
import { rememberOpen, wasOpen } from './remember-open.ts'
import { isShown, isTrouble, SHOW, type Show } from './shown-entries.ts'
import { stateStyle } from './state-style.ts'

/** Minimum interval between two updates, in milliseconds: a busy stream must not slow down the page. */
const UPDATE_EVERY_MS = 100
/** Interval at which durations and the timeline are updated, in milliseconds. */
const TICK_MS = 1_000

/** Element `<sse-devtools>`: shows the feeds of its recorder at the bottom of the page. */
export class Panel extends LitElement {
  static override styles: CSSResult[] = [
    panelStyle,
    connectionStyle,
    feedStyle,
    stateStyle,
    logStyle,
    narrowStyle,
  ]

  /** Set before the element is connected. */
  declare readonly recorder: Recorder
  #isOpen = wasOpen()
  #selected: FeedLog | undefined
  #entry: EventEntry | undefined
  #rows = ROWS_AT_ONCE
  #text = ''
  #show: Show = 'all'
  #timer: ReturnType<typeof setTimeout> | undefined
  #ticker: ReturnType<typeof setInterval> | undefined

  override connectedCallback(): void {
    super.connectedCallback()
    this.recorder.onChange = () => this.#updateSoon()
    this.recorder.start()
    this.#ticker = setInterval(() => this.#isOpen && !document.hidden && this.requestUpdate(), TICK_MS)
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    this.recorder.stop()
    clearInterval(this.#ticker)
    clearTimeout(this.#timer)
    this.#timer = undefined
  }

  override render(): TemplateResult {
    return this.#isOpen ? this.#opened() : this.#collapsed()
  }

  #collapsed(): TemplateResult {
    const { logs } = this.recorder
    const troubled = logs.filter(({ status }) => isTrouble(status)).length
    const dot = troubled > 0 ? 'waiting' : logs.some(({ status }) => status.state === 'open') ? 'open' : ''
    return html`<button class="tab" aria-expanded="false" @click=${() => this.#toggle(true)}>
      <span class="dot ${dot}"></span>SSE
      <span class="count">${counted(logs.length, 'connection')}</span>
      ${troubled > 0 ? html`<span class="badge problem">${troubled} in trouble</span>` : nothing}
    </button>`
  }

  #opened(): TemplateResult {
    const { logs } = this.recorder
    const selected = this.#selected && logs.includes(this.#selected) ? this.#selected : preferred(logs)
    const events = logs.reduce((sum, { counts }) => sum + counts.events, 0)
    return html`<section
      class="panel"
      aria-label="Event streams"
      @keydown=${(event: KeyboardEvent) => event.key === 'Escape' && this.#entry && this.#close()}
    >
      <header>
        <h2>Event streams</h2>
        <span class="count">${counted(logs.length, 'connection')}, ${counted(events, 'event')}</span>
        <div class="tools">
          <input
            type="search"
            aria-label="Filter by name, id or data"
            placeholder="Filter by name, id, data"
            .value=${this.#text}
            @input=${(event: InputEvent) => this.#filter((event.target as HTMLInputElement).value)}
          />
          <select
            aria-label="Show"
            @change=${(event: Event) => this.#choose((event.target as HTMLSelectElement).value as Show)}
          >
            ${SHOW.map((show) => html`<option ?selected=${show === this.#show}>${show}</option>`)}
          </select>
          <button
            aria-pressed=${this.recorder.isPaused}
            title="While paused, events are counted and otherwise left out"
            @click=${() => this.#pause()}
          >
            ${this.recorder.isPaused ? 'Paused' : 'Pause'}
          </button>
          <button @click=${() => this.#clear()}>Clear</button>
          <button class="close" aria-label="Collapse" aria-expanded="true" @click=${() => this.#toggle(false)}>
            <svg viewBox="0 0 16 16" aria-hidden="true"><path d="m3 6 5 5 5-5" /></svg>
          </button>
        </div>
      </header>
      ${
        selected
          ? html`<div class="body">
              ${connectionList(logs, selected, (log) => this.#select(log))}
              <div class="feed">
                ${feedSummary(selected, Date.now())}
                <div class="log">
                  ${logTable({
                    log: selected,
                    rows: this.#rows,
                    setRows: (rows) => this.#setRows(rows),
                    isShown: (entry) => isShown(entry, this.#show, this.#text.toLowerCase()),
                    selected: this.#entry,
                    select: (entry) => this.#open(entry, selected),
                  })}
                  ${this.#entry ? entryDetails(this.#entry, () => this.#close()) : nothing}
                </div>
              </div>
            </div>`
          : html`<p class="empty">No connection yet. Connections opened by <code>connect()</code> appear here.</p>`
      }
    </section>`
  }

  /** Coalesces changes into one update, so that the page's own work comes first. */
  #updateSoon(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined
      this.requestUpdate()
    }, UPDATE_EVERY_MS)
  }

  async #toggle(isOpen: boolean): Promise<void> {
    this.#isOpen = isOpen
    rememberOpen(isOpen)
    this.requestUpdate()
    await this.updateComplete
    this.renderRoot.querySelector<HTMLElement>('[aria-expanded]')?.focus()
  }

  #setRows(rows: number): void {
    if (rows === this.#rows) return
    this.#rows = rows
    this.requestUpdate()
  }

  #select(log: FeedLog): void {
    this.#selected = log
    this.#rows = ROWS_AT_ONCE
    this.#entry = undefined
    this.requestUpdate()
  }

  async #open(entry: EventEntry, log: FeedLog): Promise<void> {
    this.#entry = entry
    // A connection opened meanwhile does not replace it.
    this.#selected = log
    this.requestUpdate()
    await this.updateComplete
    // Also after a click, so that the keyboard continues from here.
    this.renderRoot.querySelector<HTMLElement>('tr.selected button')?.focus()
  }

  async #close(): Promise<void> {
    // The focus returns to the row of the closed event.
    const row = this.renderRoot.querySelector<HTMLElement>('tr.selected button')
    this.#entry = undefined
    this.requestUpdate()
    await this.updateComplete
    row?.focus()
  }

  #filter(text: string): void {
    this.#text = text
    this.requestUpdate()
  }

  #choose(show: Show): void {
    this.#show = show
    this.requestUpdate()
  }

  #pause(): void {
    this.recorder.isPaused = !this.recorder.isPaused
    this.requestUpdate()
  }

  #clear(): void {
    this.#entry = undefined
    this.recorder.clear()
  }
}

/** Returns the newest feed that is not closed, or the newest if all are closed. */
function preferred(logs: readonly FeedLog[]): FeedLog | undefined {
  return logs.findLast(({ status }) => status.state !== 'closed') ?? logs.at(-1)
}
