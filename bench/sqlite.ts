/**
 * Durable publish through a hub on `@sse/sqlite`, in events per second, against a group-commit loop by hand; and how long an
 * event takes to the socket of another process on the same file.
 *
 * @see docs/internals/benchmarks.md
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { pick } from './common/pick.ts'
import { writeResults } from './common/results.ts'
import { ratioSpread, spread } from './common/spread.ts'
import { count, printTable } from './common/table.ts'
import { measureLatency } from './latency/measure.ts'
import { measure, type Result, type Settings } from './sqlite/measure.ts'
import { ROW_NAMES } from './sqlite/rows.ts'

const FULL: Settings = { rounds: 25, sliceMs: 200 }
const QUICK: Settings = { rounds: 5, sliceMs: 100 }
const PUBLISHERS = [1, 10, 100, 1000]

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    publishers: { type: 'string' }, // such as 100,1000
    rounds: { type: 'string' },
    dry: { type: 'boolean', default: false }, // prints, writes no files
  },
})

const settings = { ...(values.quick ? QUICK : FULL) }
if (values.rounds) settings.rounds = Number(values.rounds)
const results = (await measure(ROW_NAMES, pick(PUBLISHERS, values.publishers), settings)).map(withRatios)

for (const { publishers, rows } of results) {
  printTable(`${publishers} ${publishers === 1 ? 'publisher' : 'publishers at a time'}`, [
    ['', 'events per s', 'of loop', 'min – max', 'per CPU s, of loop', 'min – max', 'events a commit'],
    ...rows.map(({ row, eventsPerSecond, ofLoop, cpuOfLoop, batchSize }) => [
      row,
      count(eventsPerSecond.median),
      `${ofLoop.median.toFixed(2)} ×`,
      `${ofLoop.min.toFixed(2)} – ${ofLoop.max.toFixed(2)}`,
      `${cpuOfLoop.median.toFixed(2)} ×`,
      `${cpuOfLoop.min.toFixed(2)} – ${cpuOfLoop.max.toFixed(2)}`,
      batchSize.toFixed(1),
    ]),
  ])
}
const folder = mkdtempSync(join(tmpdir(), 'bench-sqlite-'))
const latencyMs = await measureLatency('sqlite', join(folder, 'hub.db'), values.quick ? 3 : 10)
rmSync(folder, { recursive: true })
if (!values.dry) writeResults('sqlite', { ...settings, results, latencyMs })

function withRatios({ publishers, rows }: Result) {
  const loop = rows.find(({ row }) => row === 'loop')
  return {
    publishers,
    rows: rows.map(({ row, rates, cpuRates, batchSize }) => ({
      row,
      eventsPerSecond: spread(rates),
      ofLoop: ratioSpread(rates, loop?.rates ?? []),
      cpuOfLoop: ratioSpread(cpuRates, loop?.cpuRates ?? []),
      batchSize,
      rates: rates.map(Math.round),
    })),
  }
}
