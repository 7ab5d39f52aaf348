/**
 * A hub on `@sse/redis`: publishes per second, against bare pipelined `XADD`s on the same client; and how long an event
 * takes to the socket of another process.
 *
 * @see docs/internals/benchmarks.md
 */
import { parseArgs } from 'node:util'
import { RedisServer } from '@sse/test-support/redis-server'
import { writeResults } from './common/results.ts'
import { ratioSpread, spread } from './common/spread.ts'
import { count, printTable } from './common/table.ts'
import { measureLatency } from './latency/measure.ts'
import { measureThroughput, ROW_NAMES } from './redis/throughput.ts'

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    dry: { type: 'boolean', default: false }, // prints, writes no files
  },
})
const settings = values.quick ? { rounds: 9, sliceMs: 100 } : { rounds: 45, sliceMs: 100 }

const server = await RedisServer.start()
const throughput = (await measureThroughput(server.url, [10, 100, 1000], settings)).map(
  ({ batchSize, rates }) => ({
    batchSize,
    rows: ROW_NAMES.map((row) => ({
      row,
      eventsPerSecond: spread(rates[row]),
      ofXadd: ratioSpread(rates[row], rates.xadd),
    })),
  }),
)
for (const { batchSize, rows } of throughput) {
  printTable(`${batchSize} publishes at a time`, [
    ['', 'events per s', 'of xadd', 'min – max'],
    ...rows.map(({ row, eventsPerSecond, ofXadd }) => [
      row,
      count(eventsPerSecond.median),
      `${ofXadd.median.toFixed(2)} ×`,
      `${ofXadd.min.toFixed(2)} – ${ofXadd.max.toFixed(2)}`,
    ]),
  ])
}

const latencyMs = await measureLatency('redis', server.url, values.quick ? 3 : 10)
await server.stop()
if (!values.dry) writeResults('redis', { ...settings, throughput, latencyMs })
