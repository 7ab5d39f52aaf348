/**
 * A hundred events of a quiet channel, spread over hubs of growing size: how long their replay takes.
 *
 * @see docs/internals/benchmarks.md
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { Child } from './common/child.ts'
import { pick } from './common/pick.ts'
import { showProgress } from './common/progress.ts'
import { writeResults } from './common/results.ts'
import { spread } from './common/spread.ts'
import { count, printTable } from './common/table.ts'
import type { ReplayAnswer } from './quiet-replay/messages.ts'

const ENGINES = ['memory', 'sqlite']
const EVENTS = [10_000, 100_000, 1_000_000]
const QUIET = 100
const TIMEOUT_MS = 300_000

const { values } = parseArgs({
  options: {
    engines: { type: 'string' },
    events: { type: 'string' }, // of the whole hub, such as 10000,100000
    times: { type: 'string', default: '200' },
    dry: { type: 'boolean', default: false }, // prints, writes no file
  },
})
const times = Number(values.times)
const engines = pick(ENGINES, values.engines)
const sizes = pick(EVENTS, values.events)
const step = showProgress(engines.length * sizes.length)

const rows = []
for (const engine of engines) {
  for (const events of sizes) {
    step(`${engine}, ${count(events)} events`)
    const { tookMs, reads } = await replay(engine, events)
    rows.push({ engine, events, tookMs: spread(tookMs), reads })
  }
}
printTable(`Replay of ${QUIET} events of a quiet channel, ${times} times`, [
  ['', 'events of the hub', 'ms', 'min – max', 'reads of the engine'],
  ...rows.map(({ engine, events, tookMs, reads }) => [
    engine,
    count(events),
    tookMs.median.toFixed(3),
    `${tookMs.min.toFixed(3)} – ${tookMs.max.toFixed(3)}`,
    reads.toFixed(1),
  ]),
])
if (!values.dry) writeResults('quiet-replay', { quiet: QUIET, times, rows })

async function replay(engine: string, events: number): Promise<ReplayAnswer> {
  const folder = mkdtempSync(join(tmpdir(), 'sse-quiet-'))
  const child = new Child<never, ReplayAnswer>(
    new URL('./quiet-replay/process.ts', import.meta.url),
    [engine, join(folder, 'hub.db'), ...[events, QUIET, times].map(String)],
    { timeoutMs: TIMEOUT_MS },
  )
  try {
    return await child.hear('replayed')
  } finally {
    child.stop()
    rmSync(folder, { recursive: true })
  }
}
