/**
 * From bytes to a typed event: `connect` and other clients against a reader loop by hand, in Node and in browsers.
 *
 * @see docs/internals/benchmarks.md
 */
import { parseArgs } from 'node:util'
import { describe, measure, SCENARIOS, type ScenarioResult, type Settings } from './client/measure.ts'
import { ROWS, type RowName } from './client/rows.ts'
import { versions, writeResults } from './common/results.ts'
import { ratioSpread, spread } from './common/spread.ts'
import { count, printTable } from './common/table.ts'

const FULL: Settings = { rounds: 25, sliceMs: 60 } // short slices: few of them are interrupted
const QUICK: Settings = { rounds: 5, sliceMs: 80 }

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    place: { type: 'string' }, // such as memory,Chromium; there is also socket, Firefox
    rounds: { type: 'string' },
    rows: { type: 'string' }, // such as plain,sse
    dry: { type: 'boolean', default: false }, // prints, writes no files
  },
})
const settings: Settings = { ...(values.quick ? QUICK : FULL) }
if (values.rounds) settings.rounds = Number(values.rounds)
if (values.rows) settings.rows = values.rows.split(',') as RowName[]
const scenarios = SCENARIOS.filter(({ place }) => !values.place || values.place.split(',').includes(place))

const results = (await measure(scenarios, settings)).map(withRatios)
for (const { title, rows } of results) {
  printTable(title, [
    ['', 'events per s', 'of plain', 'min – max'],
    ...rows.map(({ row, eventsPerSecond, ofPlain }) => [
      row,
      count(eventsPerSecond.median),
      `${ofPlain.median.toFixed(2)} ×`,
      `${ofPlain.min.toFixed(2)} – ${ofPlain.max.toFixed(2)}`,
    ]),
  ])
}
if (!values.dry) writeResults('client', { ...settings, results })

function withRatios({ rows, ...scenario }: ScenarioResult) {
  const plain = rows.find(({ row }) => row === 'plain')
  return {
    ...scenario,
    title: describe(scenario),
    rows: rows.map(({ row, rates }) => ({
      row,
      role: ROWS[row].role,
      versions: versions(ROWS[row].packages),
      eventsPerSecond: spread(rates),
      ofPlain: ratioSpread(rates, plain?.rates ?? []),
      rates: rates.map(Math.round),
    })),
  }
}
