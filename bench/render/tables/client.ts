import { plot as drawPanels, type Role } from '../../common/plot.ts'
import type { Spread } from '../../common/spread.ts'
import type { RunInfo } from '../bench.ts'
import { markdownTable, measured, rangeOf, versionList } from '../markdown.ts'

interface Results extends RunInfo {
  readonly rounds: number
  readonly sliceMs: number
  readonly results: readonly {
    readonly place: string
    readonly heardEach: number
    readonly perChunk: number
    readonly title: string
    readonly rows: readonly {
      readonly row: string
      readonly role: Role
      readonly versions: Record<string, string>
      readonly ofPlain: Spread
    }[]
  }[]
}

/** Cells that were measured with every row, by place and chunk. */
export function results(all: Results): string {
  const run = { ...all, results: all.results.filter((cell) => !isOfFastest(cell)) }
  const rows = [...new Set(run.results.flatMap((scenario) => scenario.rows.map(({ row }) => row)))]
  const table = markdownTable([
    ['', ...run.results.map(headingOf)],
    ...rows.map((name) => [
      `\`${name}\``,
      ...run.results.map((scenario) => {
        const row = scenario.rows.find((each) => each.row === name)
        if (name === 'plain') return '1'
        return row ? rangeOf(row.ofPlain) : ''
      }),
    ]),
  ])
  const versions = versionList(run.results.flatMap((scenario) => scenario.rows))
  return `${table}\n\n${measured(run, `${run.rounds} rounds of ${run.sliceMs} ms`)} Versions: ${versions}.`
}

/** Other shapes of a stream, with the floor, `connect` and the fastest peer alone. */
export function shapes(run: Results): string {
  const cells = run.results.filter(isOfFastest)
  if (cells.length === 0) return 'Not measured yet.'
  const of = (cell: Results['results'][number], name: string) => {
    const row = cell.rows.find((each) => each.row === name)
    return row ? rangeOf(row.ofPlain) : ''
  }
  return markdownTable([
    ['', '`sse`', '`es-client`'],
    ...cells.map((cell) => [cell.title, of(cell, 'sse'), of(cell, 'es-client')]),
  ])
}

function isOfFastest({ rows }: Results['results'][number]): boolean {
  return rows.length <= 3
}

function headingOf({ place, heardEach, perChunk }: Results['results'][number]): string {
  const where = place === 'memory' ? 'Node' : place === 'socket' ? 'Node, a socket' : place
  const heard = heardEach === 1 ? '' : `, one in ${heardEach} heard`
  const chunk = place === 'memory' && heardEach === 1 ? `${perChunk} a chunk` : String(perChunk)
  return `${where}: ${chunk}${heard}`
}

export function plot({ results }: Results): string {
  const scenarios = results.filter((cell) => !isOfFastest(cell))
  const title = "Events per second from bytes to a payload, as a multiple of a hand-written reader loop's"
  const panels = scenarios.map(({ title, rows }) => ({
    title,
    rows: rows.map(({ row, role, ofPlain }) => ({ name: row, role, ratio: ofPlain })),
  }))
  return drawPanels(title, panels)
}
