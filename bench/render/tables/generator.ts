import { plot as drawPanels, type Role } from '../../common/plot.ts'
import type { Spread } from '../../common/spread.ts'
import { describe } from '../../generator/measure.ts'
import type { RunInfo } from '../bench.ts'
import { measured, pivot, rangeOf, thousands, versionList } from '../markdown.ts'

interface Results extends RunInfo {
  readonly rounds: number
  readonly sliceCpuMs: number
  readonly scenarios: readonly {
    readonly eventsPerTurn: number
    readonly connections: number
    readonly rows: readonly {
      readonly row: string
      readonly role: Role
      readonly versions: Record<string, string>
      readonly eventsPerCpuSecond: Spread
      readonly ofPlain: Spread
    }[]
  }[]
}

export function results(run: Results): string {
  const tables = [...new Set(run.scenarios.map(({ connections }) => connections))].map((connections) => {
    const columns = run.scenarios
      .filter((scenario) => scenario.connections === connections)
      .map(({ eventsPerTurn, rows }) => ({
        title: `${thousands(eventsPerTurn)} event${eventsPerTurn === 1 ? '' : 's'} a turn`,
        rows,
      }))
    const table = pivot(
      columns,
      ({ ofPlain, eventsPerCpuSecond: { median } }) => `${rangeOf(ofPlain)}, ${thousands(median / 1000)} k`,
    )
    return `**${connections} connection${connections === 1 ? '' : 's'}**\n\n${table}`
  })
  const versions = versionList(run.scenarios.flatMap(({ rows }) => rows))
  const how = `${run.rounds} rounds of ${run.sliceCpuMs} ms`
  return [...tables, `${measured(run, how)} Versions: ${versions}.`].join('\n\n')
}

export function plot({ scenarios }: Results): string {
  const title = "Events per CPU second of the server, as a multiple of the plain loop's"
  const panels = scenarios.map((scenario) => ({
    title: describe(scenario),
    rows: scenario.rows.map(({ row, role, ofPlain }) => ({ name: row, role, ratio: ofPlain })),
  }))
  return drawPanels(title, panels)
}
