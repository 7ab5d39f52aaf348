/** Tables of what connections cost while little happens. */
import type { Spread } from '../../common/spread.ts'
import type { RunInfo } from '../bench.ts'
import { markdownTable, measured, rangeOf, rowName, thousands } from '../markdown.ts'

interface IdleHub extends RunInfo {
  readonly connections: number
  readonly rounds: number
  readonly rows: readonly {
    readonly row: string
    readonly role: string
    readonly pssBytes: Spread
    readonly pssOfFloor: Spread
    readonly heartbeatCpuUs: Spread
    readonly heartbeatOfFloor: Spread
  }[]
}

export function idleHub(run: IdleHub): string {
  const table = markdownTable([
    ['row', 'memory of each, bytes', 'of the floor', 'a heartbeat, CPU µs', 'of the floor'],
    ...run.rows.map((each) => [
      rowName(each.row, each.role),
      thousands(each.pssBytes.median),
      rangeOf(each.pssOfFloor),
      thousands(each.heartbeatCpuUs.median, 1),
      rangeOf(each.heartbeatOfFloor),
    ]),
  ])
  return `${table}\n\n${measured(run, `${run.rounds} rounds with ${thousands(run.connections)} connections`)}`
}

interface Accept extends RunInfo {
  readonly connections: number
  readonly rounds: number
  readonly rows: readonly {
    readonly row: string
    readonly role: string
    readonly cpuUs: Spread
    readonly cpuOfBare: Spread
    readonly fastestOfBare: number
    readonly heapBytes: Spread
    readonly heapOfBare: Spread
  }[]
}

export function accept(run: Accept): string {
  const table = markdownTable([
    [
      'row',
      'CPU of each, µs',
      'of bare',
      'fastest round, µs',
      'of bare',
      'heap of an idle one, bytes',
      'of bare',
    ],
    ...run.rows.map((each) => [
      rowName(each.row, each.role),
      thousands(each.cpuUs.median),
      rangeOf(each.cpuOfBare),
      thousands(each.cpuUs.min),
      each.fastestOfBare.toFixed(2),
      thousands(each.heapBytes.median),
      each.heapOfBare.median.toFixed(2),
    ]),
  ])
  return `${table}\n\n${measured(run, `${run.rounds} rounds of ${thousands(run.connections)} connections`)}`
}

interface Stalled extends RunInfo {
  readonly connections: number
  readonly weighed: readonly { readonly events: number; readonly heapBytes: number }[]
}

export function stalled(run: Stalled): string {
  const table = markdownTable([
    ['events since', 'heap, MB'],
    ...run.weighed.map(({ events, heapBytes }) => [thousands(events), thousands(heapBytes / 1e6, 1)]),
  ])
  return `${table}\n\n${measured(run, `${thousands(run.connections)} connections`)}`
}

interface Load extends RunInfo {
  readonly rounds: number
  readonly rows: readonly {
    readonly connections: number
    readonly memoryBytes: Spread
    readonly bytesPerConnection: Spread
  }[]
}

export function load(run: Load): string {
  const table = markdownTable(
    [
      ['connections', 'memory', 'per connection'],
      ...run.rows.map(({ connections, memoryBytes, bytesPerConnection }) => [
        thousands(connections),
        `${thousands(memoryBytes.median / 1e6)} MB`,
        `${thousands(bytesPerConnection.median / 1000)} KB`,
      ]),
    ],
    'right',
  )
  return `${table}\n\n${measured(run, run.rounds === 1 ? 'one round' : `${run.rounds} rounds`)}`
}
