/**
 * What `sse load` costs itself: memory of its process per connection, Node included, as it is published. Build first.
 *
 * @see docs/internals/benchmarks.md
 */
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { parseArgs, promisify } from 'node:util'
import { Child } from './common/child.ts'
import { showProgress } from './common/progress.ts'
import { writeResults } from './common/results.ts'
import { spread } from './common/spread.ts'
import { count, printTable } from './common/table.ts'

const COMMAND = fileURLToPath(new URL('../packages/cli/dist/main.js', import.meta.url))
const MAX_OUTPUT_BYTES = 1 << 20

const { values } = parseArgs({
  options: {
    connections: { type: 'string', default: '100,1000,10000' },
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '20' }, // held, with an event each five
    rate: { type: 'string', default: '250' }, // connections started per second
    dry: { type: 'boolean', default: false }, // prints, writes no file
  },
})
const rounds = Number(values.rounds)
const rows = values.connections.split(',').map((connections) => ({
  connections: Number(connections),
  memoryBytes: [] as number[],
}))
const step = showProgress(rounds * rows.length)

for (let round = 1; round <= rounds; round += 1) {
  for (const row of rows) {
    step(`round ${round} of ${rounds}: ${count(row.connections)} connections`)
    const server = new Child<never, { type: 'listening'; port: number }>(
      new URL('load/server.ts', import.meta.url),
    )
    const { port } = await server.hear('listening')
    try {
      const report = await load(port, row.connections)
      row.memoryBytes.push(report.client.memoryBytes)
    } finally {
      server.stop()
    }
  }
}
step('done')

const results = rows.map(({ connections, memoryBytes }) => ({
  connections,
  memoryBytes: spread(memoryBytes),
  bytesPerConnection: spread(memoryBytes.map((bytes) => bytes / connections)),
}))
printTable('memory of sse load, Node included', [
  ['connections', 'MB', 'bytes per connection', 'min – max'],
  ...results.map(({ connections, memoryBytes, bytesPerConnection: { median, min, max } }) => [
    count(connections),
    count(memoryBytes.median / 1e6),
    count(median),
    `${count(min)} – ${count(max)}`,
  ]),
])
if (!values.dry) writeResults('load', { rounds, rows: results })

/** Fails unless every connection is open at the end and has received every event. */
async function load(port: number, connections: number): Promise<{ client: { memoryBytes: number } }> {
  const url = `http://127.0.0.1:${port}/leads`
  const limits = ['-c', String(connections), '--rate', values.rate, '--for', `${values.seconds}s`]
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [COMMAND, 'load', url, ...limits, '--timeout', '60s', '--json'],
    {
      maxBuffer: MAX_OUTPUT_BYTES,
      // Without the condition that loads sources.
      env: { ...process.env, NODE_OPTIONS: '' },
    },
  )
  const report = JSON.parse(stdout)
  if (report.connections.open !== connections) throw new Error(`not all are open: ${stdout}`)
  return report
}
