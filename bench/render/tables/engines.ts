/** Tables of what engines store, and of processes that share one. */
import type { Spread } from '../../common/spread.ts'
import type { RunInfo } from '../bench.ts'
import { markdownTable, measured, pivot, rangeOf, rowName, thousands } from '../markdown.ts'

interface Rounds extends RunInfo {
  readonly rounds: number
  readonly sliceMs: number
}

const rounds = (run: Rounds) => measured(run, `${run.rounds} rounds of ${run.sliceMs} ms`)
const role = (row: string) => (row.startsWith('hub') ? 'ours' : 'floor')
const withRoles = <Row extends { row: string }>(rows: readonly Row[]) =>
  rows.map((row) => ({ ...row, role: role(row.row) }))

interface Sqlite extends Rounds {
  readonly results: readonly {
    readonly publishers: number
    readonly rows: readonly {
      readonly row: string
      readonly eventsPerSecond: Spread
      readonly ofLoop: Spread
      readonly cpuOfLoop: Spread
    }[]
  }[]
}

export function sqlite(run: Sqlite): string {
  const columns = run.results.map(({ publishers, rows }, index) => ({
    title: index === 0 ? `${publishers} publisher` : thousands(publishers),
    rows: withRoles(rows),
  }))
  const table = pivot(
    columns,
    ({ ofLoop, cpuOfLoop, eventsPerSecond }) =>
      `${rangeOf(ofLoop)}, CPU ${cpuOfLoop.median.toFixed(2)}, ${(eventsPerSecond.median / 1000).toFixed(1)} k`,
  )
  return `${table}\n\n${rounds(run)}`
}

interface Redis extends Rounds {
  readonly throughput: readonly {
    readonly batchSize: number
    readonly rows: readonly {
      readonly row: string
      readonly eventsPerSecond: Spread
      readonly ofXadd: Spread
    }[]
  }[]
}

export function redis(run: Redis): string {
  const table = pivot(
    run.throughput.map(toColumn),
    ({ ofXadd, eventsPerSecond }) =>
      `${ofXadd.median.toFixed(2)}, ${thousands(eventsPerSecond.median / 1000)} k`,
  )
  return `${table}\n\n${rounds(run)}`
}

interface Nats extends Rounds {
  readonly throughput: readonly {
    readonly batchSize: number
    readonly rows: readonly {
      readonly row: string
      readonly eventsPerSecond: Spread
      readonly ofBare: Spread
      readonly cpuOfBare: Spread
    }[]
  }[]
}

export function nats(run: Nats): string {
  const table = pivot(
    run.throughput.map(toColumn),
    ({ ofBare, cpuOfBare, eventsPerSecond }) =>
      `${ofBare.median.toFixed(2)}, CPU ${cpuOfBare.median.toFixed(2)}, ${thousands(eventsPerSecond.median / 1000)} k`,
  )
  return `${table}\n\n${rounds(run)}`
}

function toColumn<Row extends { row: string }>(
  { batchSize, rows }: { batchSize: number; rows: readonly Row[] },
  index: number,
) {
  const title = index === 0 ? `${batchSize} at a time` : thousands(batchSize)
  return { title, rows: withRoles(rows) }
}

interface Postgres extends Rounds {
  readonly publishers: number
  readonly throughput: readonly {
    readonly row: string
    readonly eventsPerSecond: Spread
    readonly ofNaive: Spread
  }[]
  /** By the number of processes. Results of before 2026-11-28 have a row of 16 engines in one process instead. */
  readonly processes?: Readonly<Record<string, { naive: Spread; hub: Spread; ofNaive: Spread }>>
}

export function postgres(run: Postgres): string {
  const table = markdownTable([
    ['row', 'multiple of naive', 'events per second'],
    ...run.throughput.map(({ row, ofNaive, eventsPerSecond }) => [
      rowName(row, role(row)),
      row === 'naive' ? '1.00' : rangeOf(ofNaive),
      thousands(eventsPerSecond.median),
    ]),
  ])
  if (!run.processes) return `${table}\n\n${rounds(run)}`
  const processes = markdownTable([
    ['processes, one event at a time', 'multiple of naive', 'events per second', 'naive'],
    ...Object.entries(run.processes).map(([count, { naive, hub, ofNaive }]) => [
      count,
      rangeOf(ofNaive),
      thousands(hub.median),
      thousands(naive.median),
    ]),
  ])
  return `${table}\n\n${processes}\n\n${rounds(run)}`
}

interface Pair {
  readonly one: Spread
  readonly two: Spread
  readonly ratio: Spread
}
interface Processes extends RunInfo {
  readonly connections: number
  readonly rounds: number
  readonly cells: readonly {
    readonly events: number
    readonly perCpuSecond: Pair
    readonly perSecond: Pair
  }[]
}

export function processes(run: Processes): string {
  const k = ({ median }: Spread) => `${thousands(median / 1000)} k`
  const lines = (title: string, field: 'perCpuSecond' | 'perSecond', isBold: boolean) =>
    run.cells.map((cell, index) => {
      const { one, two, ratio } = cell[field]
      const text = rangeOf(ratio)
      const shown = isBold ? text.replace(/^\S+/, '**$&**') : text
      return [index === 0 ? title : '', String(cell.events), k(one), k(two), shown]
    })
  const table = markdownTable([
    ['events delivered per', 'events a turn', '1 process', '2 processes', 'ratio (range over the rounds)'],
    ...lines('CPU second of each server process, added up', 'perCpuSecond', true),
    ...lines('second on this machine', 'perSecond', false),
  ])
  const how = `${run.rounds} rounds with ${thousands(run.connections)} connections`
  return `${table.replaceAll('|  |', '| |')}\n\n${measured(run, how)}`
}

type Cores = RunInfo & {
  readonly rounds: number
  readonly cells: readonly {
    readonly connections: number
    readonly events: number
    readonly perCpuSecond: Pair
  }[]
}

export function cores(run: Cores): string {
  const k = ({ median }: Spread) => `${thousands(median / 1000)} k`
  const table = markdownTable([
    ['connections', 'events a turn', '1 process', '2 processes', 'ratio (range over the rounds)'],
    ...run.cells.map(({ connections, events, perCpuSecond: { one, two, ratio } }) => [
      thousands(connections),
      String(events),
      k(one),
      k(two),
      rangeOf(ratio).replace(/^\S+/, '**$&**'),
    ]),
  ])
  return `${table}\n\n${measured(run, `${run.rounds} rounds`)}`
}
