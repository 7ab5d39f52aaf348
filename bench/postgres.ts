/**
 * A hub on `@sse/postgres`: committed events per second of 16 publishers, and of 1, 4 and 16 processes that publish one
 * event at a time, against a naive insert; what a transaction that stays open does to the others; and how long an event
 * takes to the socket of another process.
 *
 * @see docs/internals/benchmarks.md
 */
import { parseArgs } from 'node:util'
import { PostgresServer } from '@sse/test-support/postgres-server'
import { writeResults } from './common/results.ts'
import { ratioSpread, spread } from './common/spread.ts'
import { count, printTable } from './common/table.ts'
import { measureLatency } from './latency/measure.ts'
import { measureLongTransaction } from './postgres/long-transaction.ts'
import { measureProcesses } from './postgres/processes.ts'
import { ROW_NAMES } from './postgres/publishers.ts'
import { measureThroughput } from './postgres/throughput.ts'

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    dry: { type: 'boolean', default: false }, // prints, writes no files
  },
})
const PUBLISHERS = 16
const settings = { publishers: PUBLISHERS, rounds: values.quick ? 7 : 31, sliceMs: 400 }

const server = await PostgresServer.start('max_wal_size=4GB')
const rates = await measureThroughput(server.url, settings)
const throughput = ROW_NAMES.map((row) => ({
  row,
  eventsPerSecond: spread(rates[row]),
  ofNaive: ratioSpread(rates[row], rates.naive),
}))
printTable(`${PUBLISHERS} publishers`, [
  ['', 'events per s', 'of naive', 'min – max'],
  ...throughput.map(({ row, eventsPerSecond, ofNaive }) => [
    row,
    count(eventsPerSecond.median),
    `${ofNaive.median.toFixed(2)} ×`,
    `${ofNaive.min.toFixed(2)} – ${ofNaive.max.toFixed(2)}`,
  ]),
])

const processes: Record<string, Record<'naive' | 'hub' | 'ofNaive', ReturnType<typeof spread>>> = {}
for (const processCount of [1, 4, PUBLISHERS]) {
  const { naive, engine } = await measureProcesses(server.url, processCount, settings)
  processes[processCount] = { naive: spread(naive), hub: spread(engine), ofNaive: ratioSpread(engine, naive) }
}
printTable('processes that publish one event at a time', [
  ['', 'naive, events per s', '@sse/postgres', 'of naive', 'min – max'],
  ...Object.entries(processes).map(([processCount, { naive, hub, ofNaive }]) => [
    processCount,
    count(naive.median),
    count(hub.median),
    `${ofNaive.median.toFixed(2)} ×`,
    `${ofNaive.min.toFixed(2)} – ${ofNaive.max.toFixed(2)}`,
  ]),
])

const long = await measureLongTransaction(server.url, PUBLISHERS, values.quick ? 2 : 8, 2_000)
const longTransactionMs = { alone: percentiles(long.alone), held: percentiles(long.held) }
printPercentiles('a publish, while another publisher holds its transaction open, ms', longTransactionMs)

const latencyMs = await measureLatency('postgres', server.url, values.quick ? 3 : 10)
await server.stop()
if (!values.dry)
  writeResults('postgres', { ...settings, throughput, processes, longTransactionMs, latencyMs })

function percentiles(durations: readonly number[]): Record<'p50' | 'p90' | 'p99' | 'max', number> {
  const sorted = durations.toSorted((a, b) => a - b)
  const at = (share: number) => sorted[Math.floor((sorted.length - 1) * share)] as number
  return { p50: at(0.5), p90: at(0.9), p99: at(0.99), max: at(1) }
}

function printPercentiles(title: string, rows: Record<string, ReturnType<typeof percentiles>>): void {
  printTable(title, [
    ['', 'p50', 'p90', 'p99', 'max'],
    ...Object.entries(rows).map(([name, row]) => [name, ...Object.values(row).map((ms) => ms.toFixed(2))]),
  ])
}
