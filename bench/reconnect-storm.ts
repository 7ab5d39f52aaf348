/**
 * Thousands of clients of a server that dies: how evenly `connect` brings them back, in simulated time.
 *
 * @see docs/internals/benchmarks.md
 */
import { parseArgs } from 'node:util'
import { writeResults } from './common/results.ts'
import { spread } from './common/spread.ts'
import { count, printTable } from './common/table.ts'
import { simulate } from './reconnect-storm/simulate.ts'

const { values } = parseArgs({
  options: {
    clients: { type: 'string', default: '5000' },
    seeds: { type: 'string', default: '3' },
    dry: { type: 'boolean', default: false }, // prints, writes no files
  },
})
const clients = Number(values.clients)
const seeds = Array.from({ length: Number(values.seeds) }, (_, index) => index + 1)

const POLICIES = {
  'as it is by default': {},
  'jitterMs and maxJitterMs 5,000': { jitterMs: 5_000, maxJitterMs: 5_000 },
}
const DOWN_S = [0, 1, 5, 15, 60, 300]

const policies = []
for (const [name, reconnect] of Object.entries(POLICIES)) {
  const outages = []
  for (const downS of DOWN_S) {
    const storms = []
    for (const seed of seeds) storms.push(await simulate({ clients, downMs: downS * 1_000, seed, reconnect }))
    outages.push({
      downS,
      peakToMean: spread(storms.map(({ peakToMean }) => peakToMean)),
      fullestSecond: spread(storms.map(({ returned }) => Math.max(...returned))),
      returned: storms[0]?.returned,
      requests: storms[0]?.requests,
    })
  }
  policies.push({ name, outages })
  printTable(`${count(clients)} clients, ${name}`, [
    ['server away', 'fullest second, of the mean', 'min – max', 'returns in it'],
    ...outages.map(({ downS, peakToMean, fullestSecond }) => [
      `${downS} s`,
      `${peakToMean.median.toFixed(2)} ×`,
      `${peakToMean.min.toFixed(2)} – ${peakToMean.max.toFixed(2)}`,
      count(fullestSecond.median),
    ]),
  ])
}

if (!values.dry) writeResults('reconnect-storm', { clients, seeds, policies })
