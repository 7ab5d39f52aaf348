/** Tables of telemetry and of the panel for development. */
import type { Spread } from '../../common/spread.ts'
import type { RunInfo } from '../bench.ts'
import { markdownTable, measured, pivot, rangeOf, thousands } from '../markdown.ts'

interface Otel extends RunInfo {
  readonly rounds: number
  readonly cells: readonly {
    readonly eventsPerTurn: number
    readonly rows: readonly { readonly row: string; readonly ofHub: Spread }[]
  }[]
}

export function otel(run: Otel): string {
  const columns = run.cells.map(({ eventsPerTurn, rows }) => ({
    title: `${eventsPerTurn} event${eventsPerTurn === 1 ? '' : 's'} a turn`,
    rows: rows.map(({ row, ofHub }) => ({ row: `\`${row}\``, ofHub })),
  }))
  return `${pivot(columns, ({ ofHub }) => rangeOf(ofHub))}\n\n${measured(run, `${run.rounds} rounds`)}`
}

interface Devtools extends RunInfo {
  readonly rounds: number
  readonly seconds: number
  readonly results: readonly {
    readonly row: string
    readonly busyMs: Spread
    readonly frames: Spread
    readonly eventsPerSecond: Spread
  }[]
}

export function devtools(run: Devtools): string {
  const table = markdownTable([
    ['panel', "CPU of the page's main thread, ms a second", 'frames a second', 'events a second'],
    ...run.results.map(({ row, busyMs, frames, eventsPerSecond }) => [
      row,
      rangeOf(busyMs, 0),
      rangeOf(frames, 0),
      thousands(eventsPerSecond.median),
    ]),
  ])
  return `${table}\n\n${measured(run, `${run.rounds} rounds of ${run.seconds} seconds`)}`
}
