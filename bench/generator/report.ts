import { versions, writeResults as write } from '../common/results.ts'
import { ratioSpread, type Spread, spread } from '../common/spread.ts'
import { count, printTable as print } from '../common/table.ts'
import { describe, type RowResult, type ScenarioResult, type Settings } from './measure.ts'
import { ROWS } from './rows.ts'

export function printTable(result: ScenarioResult): void {
  const lines = result.rows.map((row) => {
    const ratio = ratios(row, result)
    return [
      row.row,
      count(spread(row.rates).median),
      `${ratio.median.toFixed(2)} ×`,
      `${ratio.min.toFixed(2)} – ${ratio.max.toFixed(2)}`,
      row.bytesPerEvent.toFixed(1),
    ]
  })
  print(describe(result), [['', 'events per CPU s', 'of plain', 'min – max', 'bytes an event'], ...lines])
}

/** Writes `results/generator.json`; the next run replaces it. */
export function writeResults(results: ScenarioResult[], settings: Settings): void {
  const scenarios = results.map((result) => ({
    eventsPerTurn: result.eventsPerTurn,
    connections: result.connections,
    rows: result.rows.map((row) => ({
      row: row.row,
      role: ROWS[row.row].role,
      versions: versions(ROWS[row.row].packages),
      eventsPerCpuSecond: spread(row.rates),
      ofPlain: ratios(row, result),
      bytesPerEvent: row.bytesPerEvent,
      rates: row.rates.map(Math.round),
    })),
  }))
  write('generator', { ...settings, scenarios })
}

function ratios(row: RowResult, { rows }: ScenarioResult): Spread {
  const floor = rows.find((each) => each.row === 'plain') as RowResult
  return ratioSpread(row.rates, floor.rates)
}
