import type { Tick } from './ticks.ts'

/** What a page saw. Read by the bench. */
export class Report {
  renders = 0
  events = 0
  startedAt = 0
  endedAt = 0
  /** Events that were missing before one that arrived. */
  lost = 0
  #last = 0

  /** A listener: `useEvent` calls it for every event. */
  readonly hear = ({ n }: Tick): void => {
    this.endedAt = performance.now()
    this.startedAt ||= this.endedAt
    this.events += 1
    this.lost += n - this.#last - 1
    this.#last = n
  }

  /** Called by a component's template, each time that it is evaluated. Returns the text to show. */
  readonly render = (latest: Tick | undefined, recent: readonly { payload: Tick }[]): string => {
    this.renders += 1
    return `${latest?.n ?? 0}, ${recent.map(({ payload }) => payload.n).join(' ')}`
  }
}

/** Lets the bench start a page. */
export function onStart(start: (report: Report, root: HTMLElement) => void): void {
  const report = new Report()
  const root = document.body.appendChild(document.createElement('div'))
  Object.assign(globalThis, { report, start: () => start(report, root) })
}
