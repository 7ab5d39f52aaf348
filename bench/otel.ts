/**
 * What `@sse/otel` costs: the same events to many connections, with and without it, in events delivered per CPU second.
 *
 * @see docs/internals/benchmarks.md
 */
import { parseArgs } from 'node:util'
import { versions, writeResults } from './common/results.ts'
import { ratioSpread } from './common/spread.ts'
import { printTable } from './common/table.ts'
import { describe, measure } from './fanout/measure.ts'
import { type RowName, TELEMETRY_ROWS } from './fanout/rows.ts'

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '7' },
    subscribers: { type: 'string', default: '1000' },
    dry: { type: 'boolean', default: false }, // prints, writes no file
  },
})

const rows: RowName[] = ['hub', ...TELEMETRY_ROWS]
const subscribers = Number(values.subscribers)
const cells = [1, 10].map((eventsPerTurn) => ({ subscribers, eventsPerTurn, payloadBytes: 120 }))
const settings = { rounds: Number(values.rounds), sliceCpuMs: 500, maxUnderWay: 20_000, execArgv: [] }
const results = (await measure(rows, cells, settings)).map(({ rows: measured, ...cell }) => {
  const hub = measured[0]?.rates ?? []
  return {
    ...cell,
    rows: measured.map(({ row, rates }) => ({
      row,
      ofHub: ratioSpread(rates, hub),
      rates: rates.map(Math.round),
    })),
  }
})
for (const { rows: measured, ...cell } of results) {
  printTable(describe(cell), [
    ['', 'of the hub', 'min – max'],
    ...measured.map(({ row, ofHub: { median, min, max } }) => [
      row,
      `${median.toFixed(2)} ×`,
      `${min.toFixed(2)} – ${max.toFixed(2)}`,
    ]),
  ])
}
const packages = versions(['@sse/otel', '@opentelemetry/sdk-metrics', '@opentelemetry/sdk-trace'])
if (!values.dry) writeResults('otel', { ...settings, versions: packages, cells: results })
