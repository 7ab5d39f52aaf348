/**
 * How costs grow: with connections, channels, the channels of a subscription, history and the size of events.
 *
 * @see docs/internals/benchmarks.md
 */
import { existsSync, readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { pick } from './common/pick.ts'
import { showProgress } from './common/progress.ts'
import { describeRun, resultsFile, writeResults } from './common/results.ts'
import { count, printTable } from './common/table.ts'
import { connections } from './growth/connections.ts'
import type { Curve } from './growth/curve.ts'
import { followed, subscription } from './growth/followed.ts'
import { channels, history } from './growth/history.ts'
import type { Part } from './growth/measurement.ts'
import { size } from './growth/size.ts'

const PARTS: Record<string, Part> = { connections, channels, followed, subscription, history, size }

const { values } = parseArgs({
  options: {
    parts: { type: 'string' }, // such as history,size; the others keep their figures
    rounds: { type: 'string', default: '3' },
    most: { type: 'string', default: 'Infinity' }, // the largest size, such as 100000
    quick: { type: 'boolean', default: false }, // small sizes, one round
    dry: { type: 'boolean', default: false }, // prints, writes no file
  },
})
const isQuick = values.quick
const rounds = isQuick ? 1 : Number(values.rounds)
const most = Number(values.most)
const names = pick(Object.keys(PARTS), values.parts)
const part = (name: string) => PARTS[name] as Part
const step = showProgress(names.reduce((sum, name) => sum + part(name).steps({ rounds, isQuick, most }), 0))

for (const name of names) {
  const measurement = await part(name).measure({ rounds, isQuick, most, step })
  for (const curve of measurement.curves) print(curve)
  if (values.dry) continue
  // After each part, so that one that fails costs nothing of the others.
  writeResults('growth', { parts: { ...earlier(), [name]: { ...describeRun(), ...measurement } } })
}
step('done')

function print({ title, x, unit, series }: Curve): void {
  const points = series[0]?.points ?? []
  printTable(`${title}, ${unit}`, [
    [x, ...points.map((point) => count(point.x))],
    ...series.map(({ row, points }) => [row, ...points.map(({ value }) => value.median.toPrecision(3))]),
  ])
}

/** Figures of other parts, from earlier runs. */
function earlier(): object {
  const file = resultsFile('growth')
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')).parts : {}
}
