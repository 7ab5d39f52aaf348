/**
 * A hub on `@sse/nats`: publishes per second, against bare JetStream publishes of the same client, all of a batch at once; and how long an event
 * takes to the socket of another process.
 *
 * @see docs/internals/benchmarks.md
 */
import { parseArgs } from 'node:util'
import { NatsServer } from '@sse/test-support/nats-server'
import { writeResults } from './common/results.ts'
import { ratioSpread, spread } from './common/spread.ts'
import { count, printTable } from './common/table.ts'
import { measureLatency } from './latency/measure.ts'
import { measureThroughput, ROW_NAMES } from './nats/throughput.ts'

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    dry: { type: 'boolean', default: false }, // prints, writes no files
  },
})
const settings = values.quick ? { rounds: 9, sliceMs: 100 } : { rounds: 45, sliceMs: 100 }

const server = await NatsServer.start()
const throughput = (await measureThroughput(server.url, [10, 100, 1000], settings)).map(
  ({ batchSize, rates }) => ({
    batchSize,
    rows: ROW_NAMES.map((row) => ({
      row,
      eventsPerSecond: spread(rates[row].wall),
      ofBare: ratioSpread(rates[row].wall, rates.jetstream.wall),
      cpuOfBare: ratioSpread(rates[row].cpu, rates.jetstream.cpu),
    })),
  }),
)
for (const { batchSize, rows } of throughput) {
  printTable(`${batchSize} publishes at a time`, [
    ['', 'events per s', 'of jetstream', 'min – max', 'per CPU', 'min – max'],
    ...rows.map(({ row, eventsPerSecond, ofBare, cpuOfBare }) => [
      row,
      count(eventsPerSecond.median),
      `${ofBare.median.toFixed(2)} ×`,
      `${ofBare.min.toFixed(2)} – ${ofBare.max.toFixed(2)}`,
      `${cpuOfBare.median.toFixed(2)} ×`,
      `${cpuOfBare.min.toFixed(2)} – ${cpuOfBare.max.toFixed(2)}`,
    ]),
  ])
}

const latencyMs = await measureLatency('nats', server.url, values.quick ? 3 : 10)
await server.stop()
if (!values.dry) writeResults('nats', { ...settings, throughput, latencyMs })
