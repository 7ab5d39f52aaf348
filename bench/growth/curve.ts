import type { Role } from '../common/plot.ts'
import { type Spread, spread } from '../common/spread.ts'

/** One figure over a growing quantity, for each row. Both axes are logarithmic. */
export interface Curve {
  readonly name: string
  readonly title: string
  /** What grows. */
  readonly x: string
  /** Unit of the figures, such as `µs`. */
  readonly unit: string
  readonly series: readonly Series[]
}

export interface Series {
  readonly row: string
  readonly role: Role
  readonly points: readonly Point[]
}

export interface Point {
  readonly x: number
  /** Median and range over the rounds. */
  readonly value: Spread
}

/** Collects the figures of rounds, and makes a curve of them. */
export class CurveBuilder {
  readonly #about: Omit<Curve, 'series'>
  readonly #rows = new Map<string, { role: Role; points: Map<number, number[]> }>()

  constructor(about: Omit<Curve, 'series'>) {
    this.#about = about
  }

  add(row: string, role: Role, x: number, value: number): void {
    const { points } = this.#rows.get(row) ?? { points: new Map<number, number[]>() }
    this.#rows.set(row, { role, points })
    const values = points.get(x)
    if (values) values.push(value)
    else points.set(x, [value])
  }

  build(): Curve {
    const series = [...this.#rows].map(([row, { role, points }]) => ({
      row,
      role,
      points: [...points].map(([x, values]) => ({ x, value: spread(values) })),
    }))
    return { ...this.#about, series }
  }
}
