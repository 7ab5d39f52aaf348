/**
 * What a million connections would need: arithmetic from the figures of `growth.ts`, and how well the same arithmetic
 * predicts the larger sizes that were measured. Measures nothing.
 *
 * @see docs/internals/benchmarks.md
 */
import { readFileSync } from 'node:fs'
import { resultsFile } from './common/results.ts'
import { printTable } from './common/table.ts'
import { predictions, resourcesOfAMillion } from './million/arithmetic.ts'
import { type GrowthResults, partOf } from './render/tables/growth.ts'

const results = JSON.parse(readFileSync(resultsFile('growth'), 'utf8')) as GrowthResults
const { scale = [], date } = partOf(results, 'connections')
const [base, ...checked] = scale

printTable(`Predicted from ${base?.connections.toLocaleString('en')} connections, measured on ${date}`, [
  ['', 'measured', ...checked.map(({ connections }) => `predicted, measured at ${connections}`)],
  ...predictions(scale).map(({ what, unit, base: found, checks }) => [
    `${what}, ${unit}`,
    found.toPrecision(3),
    ...checks.map(({ predicted, measured }) => `${predicted.toPrecision(3)}, ${measured.toPrecision(3)}`),
  ]),
])
printTable('1,000,000 connections, by arithmetic', [
  ['', 'arithmetic', 'result'],
  ...resourcesOfAMillion(scale).map(({ what, how, result }) => [what, how, result]),
])
