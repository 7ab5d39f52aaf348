/**
 * One generator stream per connection, in events per CPU second of the server's process.
 *
 * @see docs/internals/benchmarks.md
 */
import { parseArgs } from 'node:util'
import { pick } from './common/pick.ts'
import { measure, type Scenario, type Settings } from './generator/measure.ts'
import { printTable, writeResults } from './generator/report.ts'
import { ROW_NAMES, type RowName } from './generator/rows.ts'

const QUICK: Settings = { rounds: 3, sliceCpuMs: 150, execArgv: [] }
const FULL: Settings = { rounds: 11, sliceCpuMs: 400, execArgv: [] }

const TURNS = [10_000, 10, 1]
const CONNECTIONS = [1, 100]

const { values } = parseArgs({
  options: {
    full: { type: 'boolean', default: false },
    rows: { type: 'string' }, // such as plain,sse-node
    turns: { type: 'string' }, // such as 10000,1
    connections: { type: 'string' },
    rounds: { type: 'string' },
    node: { type: 'string', multiple: true }, // for the servers, such as --node=--cpu-prof
    dry: { type: 'boolean', default: false }, // prints, writes no files
  },
})

const settings = { ...(values.full ? FULL : QUICK) }
if (values.rounds) settings.rounds = Number(values.rounds)
if (values.node) settings.execArgv = values.node
const rows = pick(ROW_NAMES, values.rows)
const connections = pick(CONNECTIONS, values.connections)
const scenarios: Scenario[] = pick(TURNS, values.turns).flatMap((eventsPerTurn) =>
  connections.map((each) => ({ eventsPerTurn, connections: each })),
)

// The floor is always there: without it there is no ratio.
const results = await measure(withFloor(rows), scenarios, settings)
for (const result of results) printTable(result)
if (!values.dry) writeResults(results, settings)

function withFloor(names: RowName[]): RowName[] {
  return names.includes('plain') ? names : ['plain', ...names]
}
