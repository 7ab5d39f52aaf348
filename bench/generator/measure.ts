import { setTimeout as wait } from 'node:timers/promises'
import { Child } from '../common/child.ts'
import { showProgress } from '../common/progress.ts'
import type { ReaderAnswer, ReaderOrder, ServerAnswer, ServerOrder } from './messages.ts'
import type { RowName } from './rows.ts'
import type { Run } from './ticks.ts'

export interface Scenario {
  eventsPerTurn: number
  connections: number
}

export interface Settings {
  rounds: number
  /** How much CPU time one row spends in one round, about. */
  sliceCpuMs: number
  /** Node's own options for the servers, such as `--cpu-prof`. */
  execArgv: string[]
}

export interface RowResult {
  row: RowName
  /** Events per CPU second, one number a round. */
  rates: number[]
  bytesPerEvent: number
}

export interface ScenarioResult extends Scenario {
  rows: RowResult[]
}

interface Server {
  row: RowName
  child: Child<ServerOrder, ServerAnswer>
  port: number
}

type Reader = Child<ReaderOrder, ReaderAnswer>

/** Long enough for headers that wait for a first event to have gone without it. */
const SETTLE_MS = 60
/** The shapes in which every payload is compared before anything is timed. */
const VERIFIED: Run[] = [10_000, 10, 1].flatMap((eventsPerTurn) =>
  [1, 3].map((connections) => ({
    eventsPerTurn,
    connections,
    eventsPerConnection: eventsPerTurn === 1 ? 500 : 12_000,
  })),
)
/** Events of a slice that nothing is known about. */
const PROBE_EVENTS = 20_000
/** Until the optimising compiler has seen all it needs, in CPU time. */
const WARM_UP_CPU_MS = 600

/** Measures every row in every scenario, in alternating rounds: A B C … A B C …, so that noise hits all alike. */
export async function measure(
  rows: RowName[],
  scenarios: Scenario[],
  { rounds, sliceCpuMs, execArgv }: Settings,
): Promise<ScenarioResult[]> {
  const step = showProgress(rows.length * (2 + scenarios.length * (rounds + 1)))
  const reader: Reader = new Child(new URL('./reader.ts', import.meta.url))
  const servers: Server[] = []
  const results: ScenarioResult[] = []
  try {
    await reader.hear('ready')
    for (const row of rows) {
      const child: Server['child'] = new Child(new URL('./server.ts', import.meta.url), [row], { execArgv })
      const { port } = await child.hear('listening')
      servers.push({ row, child, port })
    }
    for (const server of servers) {
      step(`${server.row}: compares every payload`)
      for (const run of VERIFIED) await runOnce(server, reader, run, true)
      step(`${server.row}: warms up`)
      await warmUp(server, reader)
    }
    for (const scenario of scenarios) {
      const slices = new Map<RowName, number>()
      const result = emptyResult(scenario, rows)
      for (const server of servers) {
        step(`${describe(scenario)}: ${server.row} finds its slice`)
        slices.set(server.row, await calibrate(server, reader, scenario, sliceCpuMs))
      }
      for (let round = 1; round <= rounds; round++) {
        for (const [index, server] of servers.entries()) {
          step(`${describe(scenario)}: round ${round} of ${rounds}, ${server.row}`)
          const slice = await runSlice(server, reader, scenario, slices.get(server.row) as number)
          const row = result.rows[index] as RowResult
          row.rates.push(slice.rate)
          row.bytesPerEvent = slice.bytesPerEvent
        }
      }
      results.push(result)
    }
  } finally {
    reader.stop()
    for (const { child } of servers) child.stop()
  }
  return results
}

export function describe({ eventsPerTurn, connections }: Scenario): string {
  const turn = eventsPerTurn === 1 ? '1 event' : `${eventsPerTurn.toLocaleString('en')} events`
  return `${turn} a turn, ${connections} ${connections === 1 ? 'connection' : 'connections'}`
}

function emptyResult(scenario: Scenario, rows: RowName[]): ScenarioResult {
  return { ...scenario, rows: rows.map((row) => ({ row, rates: [], bytesPerEvent: 0 })) }
}

async function warmUp(server: Server, reader: Reader): Promise<void> {
  for (let spentMs = 0; spentMs < WARM_UP_CPU_MS; ) {
    const { cpuMs } = await runSlice(
      server,
      reader,
      { eventsPerTurn: 1000, connections: 10 },
      PROBE_EVENTS * 5,
    )
    spentMs += cpuMs
  }
}

/** How many events take about `sliceCpuMs`, learnt in three slices. */
async function calibrate(
  server: Server,
  reader: Reader,
  scenario: Scenario,
  sliceCpuMs: number,
): Promise<number> {
  let events = PROBE_EVENTS
  for (const share of [0.3, 0.6, 1]) {
    const { rate } = await runSlice(server, reader, scenario, events)
    events = (rate * sliceCpuMs * share) / 1000
  }
  return events
}

async function runSlice(server: Server, reader: Reader, scenario: Scenario, events: number) {
  const eventsPerConnection = Math.max(1, Math.ceil(events / scenario.connections))
  const { cpuMs, bytes } = await runOnce(server, reader, { ...scenario, eventsPerConnection }, false)
  const total = eventsPerConnection * scenario.connections
  return { rate: (total / cpuMs) * 1000, cpuMs, bytesPerEvent: bytes / total }
}

/** Connects, opens the gate when all generators stand at it, and waits for the last event to be read. */
async function runOnce({ row, child, port }: Server, reader: Reader, run: Run, verify: boolean) {
  const prepared = child.hear('prepared')
  child.send({ type: 'prepare', run })
  await prepared
  const started = child.hear('started')
  const read = reader.hear('read')
  reader.send({ type: 'read', port, run, verify })
  await started
  await wait(SETTLE_MS)
  child.send({ type: 'go' })
  const { bytes, problem } = await read
  if (problem) throw new Error(`${row} (${describe(run)}): ${problem}`)
  const stopped = child.hear('stopped')
  child.send({ type: 'stop' })
  const { cpuMs } = await stopped
  return { cpuMs, bytes }
}
