/**
 * What ten thousand quiet connections cost: memory of each, and CPU time of each heartbeat.
 *
 * @see docs/internals/benchmarks.md
 */
import { parseArgs } from 'node:util'
import { pick } from './common/pick.ts'
import { showProgress } from './common/progress.ts'
import { versions, writeResults } from './common/results.ts'
import { ratioSpread, spread } from './common/spread.ts'
import { count, printTable } from './common/table.ts'
import { Field } from './fanout/field.ts'
import { ROWS, type RowName } from './fanout/rows.ts'

const ROW_NAMES: RowName[] = ['floor', 'hub', 'better-sse', 'ws']
/** Opened before the first weighing, so that code and caches are not counted. */
const WARM_UP_CONNECTIONS = 500
const HEARTBEAT_MS = 1000
/** Heartbeats before the first that is measured. */
const WARM_UP_MS = 3000

const { values } = parseArgs({
  options: {
    rows: { type: 'string' }, // such as hub,ws
    connections: { type: 'string', default: '10000' },
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '12' }, // of heartbeats, a round
    node: { type: 'string', multiple: true }, // for the servers, such as --node=--cpu-prof
    dry: { type: 'boolean', default: false }, // prints, writes no file
  },
})
const connections = Number(values.connections)
const rounds = Number(values.rounds)
const picked = pick(ROW_NAMES, values.rows)
const rows: RowName[] = picked.includes('floor') ? picked : ['floor', ...picked]
const step = showProgress(rounds * rows.length)

const results = rows.map((row) => ({ row, pssBytes: [] as number[], heartbeatCpuUs: [] as number[] }))
for (let round = 1; round <= rounds; round++) {
  for (const { row, pssBytes, heartbeatCpuUs } of results) {
    step(`round ${round} of ${rounds}: ${row}`)
    const execArgv = ['--expose-gc', ...(values.node ?? [])]
    const field = new Field(row, { heartbeatMs: HEARTBEAT_MS, execArgv })
    try {
      await field.start()
      await field.open(WARM_UP_CONNECTIONS)
      const before = await field.pssBytes()
      await field.open(WARM_UP_CONNECTIONS + connections)
      pssBytes.push(((await field.pssBytes()) - before) / connections)
      await field.idle(WARM_UP_MS)
      const { cpuMs, reads } = await field.idle(Number(values.seconds) * 1000)
      heartbeatCpuUs.push((cpuMs * 1000) / reads)
    } finally {
      field.stop()
    }
  }
}

const floor = results.find(({ row }) => row === 'floor') as (typeof results)[number]
const summaries = results.map(({ row, pssBytes, heartbeatCpuUs }) => ({
  row,
  role: ROWS[row].role,
  versions: versions(ROWS[row].packages),
  pssBytes: spread(pssBytes),
  pssOfFloor: ratioSpread(pssBytes, floor.pssBytes),
  heartbeatCpuUs: spread(heartbeatCpuUs),
  heartbeatOfFloor: ratioSpread(heartbeatCpuUs, floor.heartbeatCpuUs),
}))
const ratio = ({ median, min, max }: { median: number; min: number; max: number }) =>
  `${median.toFixed(2)} × (${min.toFixed(2)} – ${max.toFixed(2)})`
printTable(`${count(connections)} idle connections`, [
  ['', 'Pss, bytes each', 'of the floor', 'a heartbeat, CPU µs', 'of the floor'],
  ...summaries.map((summary) => [
    summary.row,
    count(summary.pssBytes.median),
    ratio(summary.pssOfFloor),
    summary.heartbeatCpuUs.median.toFixed(1),
    ratio(summary.heartbeatOfFloor),
  ]),
])
if (!values.dry) {
  writeResults('idle-hub', { connections, rounds, heartbeatMs: HEARTBEAT_MS, rows: summaries })
}
