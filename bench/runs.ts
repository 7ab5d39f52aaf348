/**
 * What a run costs: CPU beside a plain publish, time to the first token, many at once, and against `resumable-stream`.
 *
 * @see docs/internals/benchmarks.md
 */
import { parseArgs } from 'node:util'
import { pick } from './common/pick.ts'
import { showProgress } from './common/progress.ts'
import { versions, writeResults } from './common/results.ts'
import { type CostRow, measureCost, printCost } from './runs/cost.ts'
import { measureFirstToken, printFirstToken } from './runs/first-token.ts'
import { measureMany, printMany } from './runs/many.ts'
import { measureResumable, printResumable } from './runs/resumable.ts'
import { startReader } from './runs/row.ts'
import { ENGINES } from './runs/rows.ts'

const PARTS = ['cost', 'first', 'many', 'resumable'] as const

const { values } = parseArgs({
  options: {
    parts: { type: 'string' }, // such as cost,first
    engines: { type: 'string' }, // such as memory,sqlite
    rounds: { type: 'string', default: '3' },
    runs: { type: 'string', default: '1000' }, // at once
    seconds: { type: 'string', default: '5' }, // of those
    requests: { type: 'string', default: '100' }, // for a first token, in a round
    node: { type: 'string', multiple: true }, // for the servers of `cost`, such as --node=--cpu-prof
    dry: { type: 'boolean', default: false }, // prints, writes no file
  },
})
const parts = pick(PARTS, values.parts)
const engines = pick(ENGINES, values.engines)
const stored = engines.filter((engine) => engine !== 'memory')
const [rounds, runs, seconds, requests] = [
  Number(values.rounds),
  Number(values.runs),
  Number(values.seconds),
  Number(values.requests),
]
const execArgv = values.node ?? []
const steps = {
  cost: engines.length * 2 * (rounds + 1),
  first: (engines.length + 1) * (rounds + 1),
  many: stored.length * 2,
  resumable: 3 * (rounds + 2),
}
const step = showProgress(parts.reduce((sum, part) => sum + steps[part], 0))
const results: Record<string, object> = {}
const reader = await startReader()
try {
  if (parts.includes('cost')) {
    const cost: CostRow[] = []
    for (const engine of engines)
      cost.push(...(await measureCost(engine, reader, { rounds, execArgv, step })))
    results.cost = cost
    printCost(cost)
  }
  if (parts.includes('first')) {
    const first = await measureFirstToken(engines, reader, { rounds, requests, step })
    results.first = first
    printFirstToken(first)
  }
  if (parts.includes('many')) {
    const many = await measureMany(stored, reader, { runs, seconds, step })
    results.many = many
    printMany(many)
  }
  if (parts.includes('resumable')) {
    const against = await measureResumable(reader, { rounds, step })
    results.resumable = { versions: versions(['resumable-stream', '@redis/client']), rows: against }
    printResumable(against)
  }
  if (!values.dry) writeResults('runs', { rounds, runs, seconds, requests, ...results })
} finally {
  reader.stop()
}
