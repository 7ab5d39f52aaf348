import type { Spread } from '../../common/spread.ts'
import type { RunInfo } from '../bench.ts'
import { markdownTable, measured, rangeOf, thousands, versionList } from '../markdown.ts'

interface Results extends RunInfo {
  readonly rounds: number
  readonly rows: readonly {
    readonly row: string
    readonly versions: Record<string, string>
    readonly eventsPerSecond: Spread
    readonly rendersPerSecond: Spread
    readonly taskMs: Spread
  }[]
}

export function results(run: Results): string {
  const table = markdownTable([
    ['', 'events a second', 'renders a second', "CPU of the page's main thread, ms a second"],
    ...run.rows.map(({ row, eventsPerSecond, rendersPerSecond, taskMs }) => [
      `\`${row}\``,
      thousands(eventsPerSecond.median),
      row === 'connect' ? '' : rangeOf(rendersPerSecond, 0),
      rangeOf(taskMs, 0),
    ]),
  ])
  return `${table}\n\n${measured(run, `${run.rounds} rounds`)} Versions: ${versionList(run.rows)}.`
}
