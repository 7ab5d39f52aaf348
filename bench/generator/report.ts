import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { describe, type ScenarioResult, type Settings } from './measure.ts'
import { plot } from './plot.ts'
import { ROWS, type RowName } from './rows.ts'
import { ratios, spread } from './statistics.ts'

const RESULTS = new URL('../results/', import.meta.url)

export function printTable(result: ScenarioResult): void {
  const lines = result.rows.map((row) => {
    const rate = spread(row.rates)
    const ratio = ratios(row, result)
    return [
      row.row,
      Math.round(rate.median).toLocaleString('en'),
      `${ratio.median.toFixed(2)} ×`,
      `${ratio.min.toFixed(2)} – ${ratio.max.toFixed(2)}`,
      row.bytesPerEvent.toFixed(1),
    ]
  })
  console.log(`\n${describe(result)}`)
  print([['', 'events per CPU s', 'of plain', 'min – max', 'bytes an event'], ...lines])
}

function print(table: string[][]): void {
  const widths = (table[0] ?? []).map((_, column) =>
    Math.max(...table.map((line) => line[column]?.length ?? 0)),
  )
  for (const [name = '', ...cells] of table) {
    const right = cells.map((cell, column) => cell.padStart(widths[column + 1] as number))
    console.log(`  ${[name.padEnd(widths[0] as number), ...right].join('  ')}`)
  }
}

/** Writes `results/generator.json` and `.svg`; the next run replaces them. */
export function writeResults(results: ScenarioResult[], settings: Settings): void {
  const scenarios = results.map((result) => ({
    eventsPerTurn: result.eventsPerTurn,
    connections: result.connections,
    rows: result.rows.map((row) => ({
      row: row.row,
      role: ROWS[row.row].role,
      versions: versions(row.row),
      eventsPerCpuSecond: spread(row.rates),
      ofPlain: ratios(row, result),
      bytesPerEvent: row.bytesPerEvent,
      rates: row.rates.map(Math.round),
    })),
  }))
  const machine = {
    date: new Date().toISOString(),
    commit: commit(),
    node: process.version,
    cpu: cpus()[0]?.model,
    cores: cpus().length,
  }
  writeFileSync(
    new URL('generator.json', RESULTS),
    `${JSON.stringify({ ...machine, ...settings, scenarios }, null, 2)}\n`,
  )
  writeFileSync(new URL('generator.svg', RESULTS), plot(results))
  console.log('\nwritten: bench/results/generator.json, bench/results/generator.svg')
}

function versions(row: RowName): Record<string, string> {
  return Object.fromEntries(
    ROWS[row].packages.map((name) => {
      const manifest = readFileSync(new URL(`../node_modules/${name}/package.json`, import.meta.url), 'utf8')
      return [name, (JSON.parse(manifest) as { version: string }).version]
    }),
  )
}

function commit(): string | undefined {
  try {
    return execFileSync('git', ['describe', '--always', '--dirty'], { encoding: 'utf8' }).trim()
  } catch {
    return undefined // not a git checkout
  }
}
