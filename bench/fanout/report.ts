import { versions, writeResults as write } from '../common/results.ts'
import { ratioSpread, type Spread, spread } from '../common/spread.ts'
import { count, printTable as print } from '../common/table.ts'
import { type CellResult, describe, type RowResult, type Settings } from './measure.ts'
import { ROWS } from './rows.ts'

export function printTable(result: CellResult): void {
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
  print(describe(result), [['', 'events per CPU s', 'of the floor', 'min – max', 'bytes an event'], ...lines])
}

/** Writes `results/fanout.json`; the next run replaces it. */
export function writeResults(results: CellResult[], settings: Settings): void {
  const cells = results.map(({ rows, ...cell }) => ({
    ...cell,
    rows: rows.map((row) => ({
      row: row.row,
      role: ROWS[row.row].role,
      versions: versions(ROWS[row.row].packages),
      eventsPerCpuSecond: spread(row.rates),
      ofFloor: ratios(row, { ...cell, rows }),
      bytesPerEvent: row.bytesPerEvent,
      rates: row.rates.map(Math.round),
    })),
  }))
  write('fanout', { ...settings, cells })
}

function ratios(row: RowResult, { rows }: CellResult): Spread {
  const floor = rows.find((each) => each.row === 'floor') as RowResult
  return ratioSpread(row.rates, floor.rates)
}
