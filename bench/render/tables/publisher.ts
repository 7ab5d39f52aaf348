/** The table of what a process needs that publishes once. */
import type { Spread } from '../../common/spread.ts'
import type { RunInfo } from '../bench.ts'
import { markdownTable, measured, rangeOf, thousands } from '../markdown.ts'

interface Publisher extends RunInfo {
  readonly rounds: number
  readonly events: number
  readonly engines: readonly {
    readonly engine: string
    readonly ms: Spread
    readonly cpuMs: Spread
    readonly bareMs?: Spread
    readonly ofBare?: Spread
    readonly cpuOfBare?: Spread
    readonly connections?: number
    readonly writes?: number
    readonly receivedBytes?: number
  }[]
}

export function results(run: Publisher): string {
  const optional = (value: number | undefined) => (value === undefined ? '' : thousands(value))
  const range = (value: Spread | undefined, digits = 2) => (value === undefined ? '' : rangeOf(value, digits))
  const table = markdownTable([
    [
      'engine',
      'ms',
      'CPU, ms',
      'by hand, ms',
      'multiple',
      'of its CPU',
      'connections',
      'writes',
      'bytes read',
    ],
    ...run.engines.map((each) => [
      each.engine,
      range(each.ms, 1),
      range(each.cpuMs, 1),
      range(each.bareMs, 1),
      range(each.ofBare),
      range(each.cpuOfBare),
      optional(each.connections),
      optional(each.writes),
      optional(each.receivedBytes),
    ]),
  ])
  const how = `${run.rounds} rounds, ${thousands(run.events)} events in the log`
  return `${table}\n\n${measured(run, how)}`
}
