/**
 * Ten thousand clients resume at once, after a restart of a server with history in SQLite or Redis: reads of the
 * engine, and the time until the last client has everything.
 *
 * @see docs/internals/benchmarks.md
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { RedisServer } from '@sse/test-support/redis-server'
import { Child } from './common/child.ts'
import { showProgress } from './common/progress.ts'
import { writeResults } from './common/results.ts'
import { spread } from './common/spread.ts'
import { count, printTable } from './common/table.ts'
import type { ReaderAnswer, ReaderOrder } from './fanout/messages.ts'
import type { StormAnswer, StormOrder } from './storm/messages.ts'
import { PAYLOAD_BYTES } from './storm/payload.ts'

const { values } = parseArgs({
  options: {
    connections: { type: 'string', default: '10000' },
    events: { type: 'string', default: '100000' }, // in the history
    behind: { type: 'string', default: '100' }, // that each client missed
    rounds: { type: 'string', default: '5' },
    dry: { type: 'boolean', default: false }, // prints, writes no file
  },
})
const [connections, events, behind, rounds] = [
  Number(values.connections),
  Number(values.events),
  Number(values.behind),
  Number(values.rounds),
]
const TIMEOUT_MS = 300_000
/** Memory cannot be restarted: there, only the clients come back. */
const ENGINES = ['sqlite', 'redis', 'memory']

interface Storm {
  reads: number
  caughtUpMs: number
  cpuMs: number
}

const step = showProgress(ENGINES.length * rounds)
const storms = new Map<string, Storm[]>(ENGINES.map((engine) => [engine, []]))
for (let round = 1; round <= rounds; round++) {
  for (const engine of ENGINES) {
    step(`round ${round} of ${rounds}: ${engine}`)
    storms.get(engine)?.push(await storm(engine))
  }
}
const rows = [...storms].map(([engine, each]) => ({
  engine,
  reads: spread(each.map(({ reads }) => reads)),
  caughtUpMs: spread(each.map(({ caughtUpMs }) => caughtUpMs)),
  cpuMs: spread(each.map(({ cpuMs }) => cpuMs)),
}))
printTable(`${count(connections)} clients resume, each ${count(behind)} of ${count(events)} events behind`, [
  ['', 'reads of the engine', 'caught up, ms', 'min – max', 'CPU ms'],
  ...rows.map(({ engine, reads, caughtUpMs, cpuMs }) => [
    engine,
    count(reads.max),
    count(caughtUpMs.median),
    `${count(caughtUpMs.min)} – ${count(caughtUpMs.max)}`,
    count(cpuMs.median),
  ]),
])
if (!values.dry) writeResults('storm', { connections, events, behind, rounds, rows })

async function storm(engine: string): Promise<Storm> {
  const folder = mkdtempSync(join(tmpdir(), 'sse-storm-'))
  const redis = engine === 'redis' ? await RedisServer.start() : undefined
  const place = redis?.url ?? join(folder, 'hub.db')
  let { server, port } = await startServer(engine, place)
  const reader = new Child<ReaderOrder, ReaderAnswer>(new URL('./fanout/reader.ts', import.meta.url), [], {
    timeoutMs: TIMEOUT_MS,
  })
  try {
    await reader.hear('ready')
    const { ids } = await server.ask({ type: 'fill', events }, 'filled')
    if (engine !== 'memory') {
      server.kill()
      ;({ server, port } = await startServer(engine, place))
    }
    const startedAt = performance.now()
    const resume = { lastEventId: ids[events - behind - 1] as string, first: events - behind }
    reader.send({ type: 'open', port, connections, protocol: 'sse', resume })
    const { problem } = await reader.ask({ type: 'expect', events: behind }, 'seen')
    const caughtUpMs = performance.now() - startedAt
    const spent = await server.ask({ type: 'spent' }, 'spent')
    const verified = await reader.ask({ type: 'verify', payloadBytes: PAYLOAD_BYTES }, 'verified')
    if (problem || verified.problem) throw new Error(`${engine}: ${problem ?? verified.problem}`)
    return { reads: spent.reads, caughtUpMs, cpuMs: spent.cpuMs }
  } finally {
    reader.stop()
    server.stop()
    await redis?.stop()
    rmSync(folder, { recursive: true })
  }
}

async function startServer(engine: string, place: string) {
  const server = new Child<StormOrder, StormAnswer>(
    new URL('./storm/server.ts', import.meta.url),
    [engine, place],
    { timeoutMs: TIMEOUT_MS },
  )
  const { port } = await server.hear('listening')
  return { server, port }
}
