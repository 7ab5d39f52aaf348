import { plot as drawPanels, type Role } from '../../common/plot.ts'
import type { Spread } from '../../common/spread.ts'
import { describe } from '../../fanout/measure.ts'
import type { RunInfo } from '../bench.ts'
import { measured, pivot, rangeOf, thousands, versionList } from '../markdown.ts'

interface Results extends RunInfo {
  readonly rounds: number
  readonly sliceCpuMs: number
  readonly cells: readonly {
    readonly subscribers: number
    readonly eventsPerTurn: number
    readonly payloadBytes: number
    readonly rows: readonly {
      readonly row: string
      readonly role: Role
      readonly versions: Record<string, string>
      readonly eventsPerCpuSecond: Spread
      readonly ofFloor: Spread
    }[]
  }[]
}

export function results(run: Results): string {
  const tables = [...new Set(run.cells.map(({ subscribers }) => subscribers))].map((subscribers) => {
    const columns = run.cells
      .filter((cell) => cell.subscribers === subscribers)
      .map(({ rows, ...cell }) => ({ title: describe(cell).replace(/^.*? subscribers, /, ''), rows }))
    const table = pivot(
      columns,
      ({ ofFloor, eventsPerCpuSecond: { median } }) => `${rangeOf(ofFloor)}, ${thousands(median / 1000)} k`,
    )
    return `**${thousands(subscribers)} subscribers**\n\n${table}`
  })
  const versions = versionList(run.cells.flatMap(({ rows }) => rows))
  const how = `${run.rounds} rounds of ${run.sliceCpuMs} ms`
  return [...tables, `${measured(run, how)} Versions: ${versions}.`].join('\n\n')
}

export function plot({ cells }: Results): string {
  const title = "Events delivered per CPU second of the server, as a multiple of the hand-written floor's"
  const panels = cells.map(({ rows, ...cell }) => ({
    title: describe(cell),
    rows: rows.map(({ row, role, ofFloor }) => ({ name: row, role, ratio: ofFloor })),
  }))
  return drawPanels(title, panels)
}
