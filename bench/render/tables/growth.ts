import type { Curve, Point } from '../../growth/curve.ts'
import type { Measurement } from '../../growth/measurement.ts'
import { predictions, resourcesOfAMillion } from '../../million/arithmetic.ts'
import type { RunInfo } from '../bench.ts'
import { markdownTable, measured, thousands } from '../markdown.ts'
import { plotCurves } from '../plot-curves.ts'

export type GrowthPart = RunInfo & Measurement
export interface GrowthResults extends RunInfo {
  readonly parts: Readonly<Record<string, GrowthPart>>
}

/** Parts in the order of the page. */
const PARTS = ['connections', 'channels', 'followed', 'subscription', 'history', 'size'] as const

export const growthTables: Readonly<Record<string, (run: GrowthResults) => string>> = {
  ...Object.fromEntries(PARTS.map((name) => [name, (run: GrowthResults) => table(run, name, partTable)])),
  prediction: (run) => table(run, 'connections', predictionTable),
  million: (run) => table(run, 'connections', millionTable),
}

export function growthPlot(run: GrowthResults): string {
  const curves = PARTS.flatMap((name) => run.parts[name]?.curves ?? [])
  return plotCurves('How costs grow, median and range over the rounds', curves)
}

export function partOf({ parts }: GrowthResults, name: string): GrowthPart {
  const part = parts[name]
  if (!part) throw new Error(`growth: the part ${name} has never been measured`)
  return part
}

function table(run: GrowthResults, name: string, render: (part: GrowthPart) => string): string {
  return run.parts[name] ? render(partOf(run, name)) : 'Not measured yet.'
}

function partTable(part: GrowthPart): string {
  const [first] = part.curves as [Curve]
  const sizes = [...new Set(part.curves.flatMap(sizesOf))].sort((a, b) => a - b)
  const lines = part.curves.flatMap(({ title, unit, series }) =>
    series.map(({ row, role, points }) => [
      `${title}, ${unit}`,
      role === 'ours' ? `**${row}**` : row,
      ...sizes.map((size) => cell(points.find(({ x }) => x === size))),
    ]),
  )
  const table = markdownTable([[first.x, 'row', ...sizes.map((size) => thousands(size))], ...lines])
  return `${table}\n\n${measured(part, part.rounds === 1 ? 'one round' : `${part.rounds} rounds`)}`
}

const sizesOf = ({ series }: Curve) => series.flatMap(({ points }) => points.map(({ x }) => x))

function cell(point: Point | undefined): string {
  if (!point) return ''
  const { median, min, max } = point.value
  return `${figure(median)} (${figure(min)} – ${figure(max)})`
}

/** Three digits are more than a run repeats. */
function figure(value: number): string {
  return thousands(Number(value.toPrecision(3)), value < 10 ? 2 : value < 100 ? 1 : 0)
}

function predictionTable({ scale = [] }: GrowthPart): string {
  const [, ...checked] = scale
  const heads = checked.flatMap(({ connections }) => [
    `${thousands(connections)}: predicted`,
    'measured',
    'error',
  ])
  const lines = predictions(scale).map(({ what, unit, base, checks }) => [
    `${what}, ${unit}`,
    figure(base),
    ...checks.flatMap(({ predicted, measured: found }) => [
      figure(predicted),
      figure(found),
      percent(predicted / found - 1),
    ]),
  ])
  return markdownTable([['', `measured at ${thousands(scale[0]?.connections ?? 0)}`, ...heads], ...lines])
}

const percent = (part: number) => `${part < 0 ? '−' : '+'}${Math.abs(part * 100).toFixed(0)} %`

function millionTable({ scale = [] }: GrowthPart): string {
  return markdownTable([
    ['for 1,000,000 connections', 'arithmetic', 'result'],
    ...resourcesOfAMillion(scale).map(({ what, how, result }) => [what, how, `**${result}**`]),
  ])
}
