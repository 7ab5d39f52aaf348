/**
 * Counts what the main paths execute and allocate, and fails if one of them grew by more than 10 %.
 * `node --conditions=@sse/source counts.ts [--write] [--baseline <file>] [--only <part of a name>]`
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { printTable } from './common/table.ts'
import { type Baseline, compare, round } from './counts/compare.ts'
import { measure } from './counts/measure.ts'
import type { Costs } from './counts/messages.ts'
import { SCENARIOS } from './counts/scenarios.ts'

/** Two processes at a time. */
const LANES = 2

const { values: options } = parseArgs({
  options: {
    write: { type: 'boolean', default: false },
    baseline: { type: 'string', default: new URL('./results/counts.json', import.meta.url).pathname },
    only: { type: 'string', default: '' },
  },
})

const names = Object.keys(SCENARIOS).filter((name) => name.includes(options.only))
const now: Baseline = { node: process.versions.node, scenarios: await measureAll(names) }
if (options.write) {
  writeFileSync(options.baseline, format(now))
  console.log(`written: ${options.baseline}`)
} else {
  process.exitCode = report(JSON.parse(readFileSync(options.baseline, 'utf8')) as Baseline)
}

async function measureAll(names: readonly string[]): Promise<Record<string, Costs>> {
  const costs: Record<string, Costs> = Object.fromEntries(names.map((name) => [name, {}]))
  const waiting = [...names]
  const lane = async () => {
    for (let name = waiting.shift(); name; name = waiting.shift()) costs[name] = await measure(name)
  }
  await Promise.all(Array.from({ length: LANES }, lane))
  return costs
}

/** Prints the comparison. Returns the exit code. */
function report(before: Baseline): number {
  const rows = compare(now, before)
  printTable(`For each event or connection, on Node ${now.node}; the baseline is from ${before.node}`, [
    ['', '', 'baseline', 'now', 'growth'],
    ...rows.map(({ scenario, what, before, now, growth }) => [
      scenario,
      what,
      round(before),
      round(now),
      percent(growth),
    ]),
  ])
  const grown = rows.filter(({ isTooMuch }) => isTooMuch)
  for (const { scenario, what, before, now, growth, causes } of grown) {
    console.error(
      `\n${scenario}: ${what} grew by ${percent(growth)}, from ${round(before)} to ${round(now)}.`,
    )
    for (const cause of causes) console.error(`  ${cause}`)
  }
  if (grown.length === 0) return 0
  console.error(
    '\nMake these functions cheaper. If the change is worth its price, accept it: run ' +
      '`node scripts/dev.mjs counts --write`, commit bench/results/counts.json, and give the reason in the message.',
  )
  return 1
}

function percent(growth: number): string {
  return `${growth < 0 ? '−' : '+'}${Math.abs(growth * 100).toFixed(1)} %`
}

/** One function a line, so that a diff shows what changed. */
function format({ node, scenarios }: Baseline): string {
  const costs = (costs: Costs) =>
    Object.entries(costs)
      .map(([name, cost]) => `      ${JSON.stringify(name)}: ${JSON.stringify(cost)}`)
      .join(',\n')
  const all = Object.entries(scenarios)
    .map(([name, functions]) => `    ${JSON.stringify(name)}: {\n${costs(functions)}\n    }`)
    .join(',\n')
  return `{\n  "node": ${JSON.stringify(node)},\n  "scenarios": {\n${all}\n  }\n}\n`
}
