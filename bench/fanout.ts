/**
 * The same events to many connections, in events delivered per CPU second of the server's process.
 *
 * @see docs/internals/benchmarks.md
 */
import { parseArgs } from 'node:util'
import { pick } from './common/pick.ts'
import { type Cell, measure, type Settings } from './fanout/measure.ts'
import { missingNchan } from './fanout/nginx.ts'
import { printTable, writeResults } from './fanout/report.ts'
import { ROW_NAMES } from './fanout/rows.ts'

const FULL: Settings = { rounds: 7, sliceCpuMs: 500, maxUnderWay: 50_000, execArgv: [] }
const QUICK: Settings = { rounds: 3, sliceCpuMs: 60, maxUnderWay: 20_000, execArgv: [] }

const SUBSCRIBERS = [1000, 10_000]
const EVENTS = [1, 10]
const BYTES = [120, 2048]

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false }, // under two minutes, and rough
    rows: { type: 'string' }, // such as hub,ws
    subscribers: { type: 'string' },
    events: { type: 'string' }, // a turn
    bytes: { type: 'string' }, // of a payload
    rounds: { type: 'string' },
    node: { type: 'string', multiple: true }, // for the servers, such as --node=--cpu-prof
    dry: { type: 'boolean', default: false }, // prints, writes no files
  },
})

const settings = { ...(values.quick ? QUICK : FULL) }
if (values.rounds) settings.rounds = Number(values.rounds)
if (values.node) settings.execArgv = values.node
const cells: Cell[] = pick(SUBSCRIBERS, values.subscribers).flatMap((subscribers) =>
  pick(EVENTS, values.events).flatMap((eventsPerTurn) =>
    pick(BYTES, values.bytes).map((payloadBytes) => ({ subscribers, eventsPerTurn, payloadBytes })),
  ),
)
// The floor is always there: without it there is no ratio.
let rows = pick(ROW_NAMES, values.rows)
if (!rows.includes('floor')) rows = ['floor', ...rows]
const missing = missingNchan()
if (missing && rows.includes('nchan')) {
  console.error(`nchan is left out: ${missing}`)
  rows = rows.filter((row) => row !== 'nchan')
}
const results = await measure(rows, cells, settings)
for (const result of results) printTable(result)
if (!values.dry) writeResults(results, settings)
