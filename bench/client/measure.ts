import { Child } from '../common/child.ts'
import { showProgress } from '../common/progress.ts'
import { browsers, openPage } from './browser.ts'
import type { ReaderAnswer, ReaderOrder } from './messages.ts'
import { ROW_NAMES, ROWS, type RowName } from './rows.ts'
import type { Shape } from './stream.ts'

export interface Settings {
  rounds: number
  /** Time of a slice, in milliseconds, about. */
  sliceMs: number
  /** Default: those of each scenario. */
  rows?: readonly RowName[]
}

export interface Scenario extends Omit<Shape, 'events'> {
  /** `memory` and `socket`: in Node, CPU time; a browser: from memory, by the wall clock. */
  place: string
  /** Default: all. */
  rows?: readonly RowName[]
}

export interface ScenarioResult extends Omit<Scenario, 'rows'> {
  /** Events per second, one number a round. */
  rows: { row: RowName; rates: number[] }[]
}

type Run = (shape: Shape) => Promise<{ ms: number; problem?: string }>

const PROBE_EVENTS = 5_000
const WARM_UPS = 6

const FASTEST: readonly RowName[] = ['plain', 'sse', 'es-client']
const USUAL = { heardEach: 1, perChunk: 100, size: 90, hasIds: true }

export const SCENARIOS: readonly Scenario[] = [
  { place: 'memory', ...USUAL },
  { place: 'memory', ...USUAL, heardEach: 10 },
  { place: 'memory', ...USUAL, perChunk: 1 },
  { place: 'socket', ...USUAL },
  ...browsers.flatMap((place) => [
    { place, ...USUAL },
    { place, ...USUAL, heardEach: 10 },
    { place, ...USUAL, perChunk: 1 },
  ]),
  // The floor, `connect` and the fastest peer.
  ...[
    { heardEach: 1000 },
    { heardEach: 10, perChunk: 1 },
    { perChunk: 10 },
    { perChunk: 1000 },
    { size: 40 },
    { size: 1_000 },
    { size: 1_000, heardEach: 10 },
    { size: 20_000, perChunk: 5 },
    { hasIds: false },
    { hasIds: false, heardEach: 10 },
  ].map((shape) => ({ place: 'memory', ...USUAL, ...shape, rows: FASTEST })),
]

/** All rows in each scenario, in alternating rounds. */
export async function measure(
  scenarios: readonly Scenario[],
  { rounds, sliceMs, rows: only }: Settings,
): Promise<ScenarioResult[]> {
  const step = showProgress(scenarios.length * (rounds + 1))
  const results: ScenarioResult[] = []
  for (const scenario of scenarios) {
    const isNode = scenario.place === 'memory' || scenario.place === 'socket'
    const names = (only ?? scenario.rows ?? ROW_NAMES).filter(
      (name) => ROWS[name].takesFetch || scenario.place === 'socket',
    )
    const { runs, close } = isNode ? await startReaders(scenario, names) : await startPage(scenario, names)
    try {
      step(`${describe(scenario)}: warms up`)
      const sizes = new Map<RowName, number>()
      const row = (name: RowName) => runs.get(name) as Run
      for (const name of names) sizes.set(name, await calibrate(row(name), scenario, sliceMs, name))
      const rates = new Map<RowName, number[]>(names.map((name) => [name, []]))
      for (let round = 1; round <= rounds; round++) {
        step(`${describe(scenario)}: round ${round} of ${rounds}`)
        for (const name of names) {
          const events = sizes.get(name) as number
          rates.get(name)?.push((events / (await runOnce(row(name), scenario, events, name))) * 1_000)
        }
      }
      results.push({ ...scenario, rows: names.map((name) => ({ row: name, rates: rates.get(name) ?? [] })) })
    } finally {
      await close()
    }
  }
  return results
}

export function describe({ place, heardEach, perChunk, size, hasIds }: Scenario): string {
  const where = { memory: 'Node, from memory', socket: 'Node, from a socket' }[place] ?? place
  const heard = heardEach === 1 ? '' : `, one in ${heardEach} heard`
  const bytes = size === USUAL.size ? '' : `, of ${size} bytes`
  return `${where}: ${perChunk} ${perChunk === 1 ? 'event' : 'events'} a chunk${bytes}${hasIds ? '' : ', no ids'}${heard}`
}

async function calibrate(run: Run, scenario: Scenario, sliceMs: number, name: RowName): Promise<number> {
  let events = PROBE_EVENTS
  for (let warmUp = 0; warmUp < WARM_UPS; warmUp++) {
    const ms = await runOnce(run, scenario, events, name)
    events = Math.min(400_000, Math.max(1_000, Math.ceil((events / Math.max(ms, 1)) * sliceMs)))
  }
  return events
}

async function runOnce(
  run: Run,
  { heardEach, perChunk, size, hasIds }: Scenario,
  events: number,
  name: RowName,
): Promise<number> {
  const { ms, problem } = await run({ events, heardEach, perChunk, size, hasIds })
  if (problem) throw new Error(`${name}: ${problem}`)
  return ms
}

async function startReaders(scenario: Scenario, names: readonly RowName[]) {
  const server =
    scenario.place === 'socket'
      ? new Child<never, { type: 'listening'; port: number }>(new URL('./server.ts', import.meta.url))
      : undefined
  const port = (await server?.hear('listening'))?.port
  const runs = new Map<RowName, Run>()
  const readers: Child<ReaderOrder, ReaderAnswer>[] = []
  for (const name of names) {
    const reader = new Child<ReaderOrder, ReaderAnswer>(new URL('./reader.ts', import.meta.url), [name])
    readers.push(reader)
    await reader.hear('ready')
    runs.set(name, (shape) => {
      const path = encodeURIComponent(JSON.stringify(shape))
      const url = port ? `http://127.0.0.1:${port}/${path}` : undefined
      return reader.ask({ type: 'run', shape, ...(url && { url }) }, 'ran')
    })
  }
  const close = async () => {
    for (const child of [server, ...readers]) child?.stop()
  }
  return { runs, close }
}

async function startPage(scenario: Scenario, names: readonly RowName[]) {
  const page = await openPage(scenario.place)
  const runs = new Map<RowName, Run>(names.map((name) => [name, (shape) => page.run(name, shape)]))
  return { runs, close: page.close }
}
