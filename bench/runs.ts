/**
 * What a run costs: CPU beside a plain publish, time to the first token, many at once, and against `resumable-stream`.
 *
 * @see docs/internals/benchmarks.md
 */
import { parseArgs } from 'node:util'
import { pick } from './common/pick.ts'
import { showProgress } from './common/progress.ts'
import { writeResults } from './common/results.ts'
import { type CostRow, measureCost, printCost } from './runs/cost.ts'
import { startReader } from './runs/row.ts'
import { ENGINES } from './runs/rows.ts'

const PARTS = ['cost', 'first', 'many', 'resumable'] as const

const { values } = parseArgs({
  options: {
    parts: { type: 'string' }, // such as cost,first
    engines: { type: 'string' }, // such as memory,sqlite
    rounds: { type: 'string', default: '3' },
    node: { type: 'string', multiple: true }, // for the servers, such as --node=--cpu-prof
    dry: { type: 'boolean', default: false }, // prints, writes no file
  },
})
const parts = pick(PARTS, values.parts)
const engines = pick(ENGINES, values.engines)
const rounds = Number(values.rounds)
const execArgv = values.node ?? []
const step = showProgress(engines.length * 2 * (rounds + 1))
const reader = await startReader()
try {
  const cost: CostRow[] = []
  if (parts.includes('cost')) {
    for (const engine of engines)
      cost.push(...(await measureCost(engine, reader, { rounds, execArgv, step })))
    printCost(cost)
  }
  if (!values.dry) writeResults('runs', { rounds, cost })
} finally {
  reader.stop()
}
