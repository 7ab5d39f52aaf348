import { readFileSync } from 'node:fs'
import { repository } from '../pages.ts'

/** One point of a line: the median over the rounds, and their range. */
export interface LinePoint {
  readonly series: string
  readonly isOurs: boolean
  /** What grows. */
  readonly x: number
  readonly median: number
  readonly min: number
  readonly max: number
}

interface Curve {
  readonly name: string
  readonly series: readonly {
    readonly row: string
    readonly role: string
    readonly points: readonly {
      readonly x: number
      readonly value: { readonly median: number; readonly min: number; readonly max: number }
    }[]
  }[]
}

const NAMES: Record<string, string> = {
  floor: 'a loop by hand',
  hub: 'a hub',
  memory: 'in memory',
  sqlite: 'on SQLite',
}

function curves(): Curve[] {
  const { parts } = JSON.parse(readFileSync(`${repository}bench/results/growth.json`, 'utf8'))
  return Object.values(parts as Record<string, { curves: Curve[] }>).flatMap((part) => part.curves)
}

/**
 * Lines of curves of `bench/growth.ts`.
 *
 * @param names - curves, and what the names of their lines start with.
 */
export function growth(names: Readonly<Record<string, string>>): LinePoint[] {
  return Object.entries(names).flatMap(([name, prefix]) => {
    const curve = curves().find((each) => each.name === name)
    if (!curve) return [] // never measured
    return curve.series.flatMap(({ row, role, points }) =>
      points.map(({ x, value }) => ({
        series: `${prefix}${NAMES[row] ?? row}`,
        isOurs: role === 'ours',
        x,
        ...value,
      })),
    )
  })
}
