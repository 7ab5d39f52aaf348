/** The table of a hub's events, compressed once, for each connection, and not. */
import type { Spread } from '../../common/spread.ts'
import type { RunInfo } from '../bench.ts'
import { markdownTable, measured, rangeOf, thousands } from '../markdown.ts'

interface Compression extends RunInfo {
  readonly rounds: number
  readonly versions: Readonly<Record<string, string>>
  readonly cells: readonly {
    readonly connections: number
    readonly eventsPerTurn: number
    readonly channels: number
    readonly rows: readonly {
      readonly row: string
      readonly bytesPerEvent: number
      readonly bytesOfPlain: number
      readonly cpuOfPlain: Spread
      readonly pssPerConnection: number
    }[]
  }[]
}

export function results(run: Compression): string {
  const table = markdownTable([
    [
      'connections, channels, events a turn',
      'row',
      'bytes an event',
      'fewer',
      'CPU of `plain`',
      'memory a connection, bytes',
    ],
    ...run.cells.flatMap(({ connections, channels, eventsPerTurn, rows }) =>
      rows.map((each) => [
        `${thousands(connections)}, ${thousands(channels)}, ${eventsPerTurn}`,
        each.row,
        each.bytesPerEvent.toFixed(0),
        `${each.bytesOfPlain.toFixed(2)} ×`,
        rangeOf(each.cpuOfPlain, 2),
        thousands(each.pssPerConnection),
      ]),
    ),
  ])
  return `${table}\n\n${measured(run, `${run.rounds} rounds, compression ${run.versions.compression}`)}`
}
