/**
 * What a server pays for each connection: CPU time from its request to its end, and memory while it is open and idle.
 *
 * @see docs/internals/benchmarks.md
 */
import { setTimeout as wait } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import type { ClientAnswer, ClientOrder, ServerAnswer, ServerOrder } from './accept/messages.ts'
import { ROW_NAMES, ROWS, type RowName } from './accept/rows.ts'
import { Child } from './common/child.ts'
import { pick } from './common/pick.ts'
import { showProgress } from './common/progress.ts'
import { writeResults } from './common/results.ts'
import { ratioSpread, type Spread, spread } from './common/spread.ts'
import { count, printTable } from './common/table.ts'

/** Before the first round, so that V8 has compiled what it will. */
const WARM_UP_CONNECTIONS = 4_000
/** Opened before the first weighing, so that code and caches are not counted. */
const WARM_UP_IDLE = 500
const POLL_MS = 20
const TIMEOUT_MS = 240_000

const { values } = parseArgs({
  options: {
    rows: { type: 'string' }, // such as hub
    connections: { type: 'string', default: '200' }, // a round: short, so that some meet no other work
    idle: { type: 'string', default: '5000' }, // weighed; 0: none
    rounds: { type: 'string', default: '100' },
    weighings: { type: 'string', default: '3' }, // rounds of memory
    node: { type: 'string', multiple: true }, // for the servers, such as --node=--cpu-prof
    snapshot: { type: 'boolean', default: false }, // writes heap snapshots to the current folder
    dry: { type: 'boolean', default: false }, // prints, writes no file
  },
})
const [connections, idle] = [Number(values.connections), Number(values.idle)]
const picked = pick(ROW_NAMES, values.rows)
const rows: RowName[] = picked.includes('bare') ? picked : ['bare', ...picked]

class Pair {
  readonly #server: Child<ServerOrder, ServerAnswer>
  readonly #clients: Child<ClientOrder, ClientAnswer>
  #port = 0

  constructor(row: RowName) {
    const execArgv = ['--expose-gc', ...(values.node ?? [])]
    this.#server = new Child(new URL('./accept/server.ts', import.meta.url), [row], {
      execArgv,
      timeoutMs: TIMEOUT_MS,
    })
    this.#clients = new Child(new URL('./accept/clients.ts', import.meta.url), [], { timeoutMs: TIMEOUT_MS })
  }

  async start(): Promise<void> {
    const [{ port }] = await Promise.all([this.#server.hear('listening'), this.#clients.hear('ready')])
    this.#port = port
  }

  /** Opens and closes connections. Returns the server's CPU time for each, in microseconds. */
  async cycle(amount: number): Promise<number> {
    const before = await this.#server.ask({ type: 'spent' }, 'spent')
    await this.#clients.ask({ type: 'cycle', port: this.#port, connections: amount }, 'cycled')
    for (;;) {
      const { cpuMs, open } = await this.#server.ask({ type: 'spent' }, 'spent')
      if (open === 0) return ((cpuMs - before.cpuMs) * 1_000) / amount
      await wait(POLL_MS)
    }
  }

  async open(amount: number) {
    await this.#clients.ask({ type: 'open', port: this.#port, connections: amount }, 'opened')
    return this.#server.ask({ type: 'weigh' }, 'weighed')
  }

  async snapshot(file: string): Promise<void> {
    await this.#server.ask({ type: 'snapshot', file }, 'written')
  }

  stop(): void {
    this.#clients.stop()
    this.#server.stop()
  }
}

const [rounds, weighings] = [Number(values.rounds), idle > 0 ? Number(values.weighings) : 0]
const results = rows.map((row) => ({
  row,
  cpuUs: [] as number[],
  heapBytes: [] as number[],
  residentBytes: [] as number[],
}))
const step = showProgress(rows.length * (rounds + weighings))
await measureCpu()
for (let round = 1; round <= weighings; round++) {
  for (const result of results) {
    step(`memory, round ${round} of ${weighings}: ${result.row}`)
    await weigh(result)
  }
}
report()

async function measureCpu(): Promise<void> {
  const pairs = rows.map((row) => new Pair(row))
  try {
    for (const pair of pairs) {
      await pair.start()
      await pair.cycle(WARM_UP_CONNECTIONS)
    }
    for (let round = 1; round <= rounds; round++) {
      for (const [index, pair] of pairs.entries()) {
        step(`CPU, round ${round} of ${rounds}: ${rows[index]}`)
        results[index]?.cpuUs.push(await pair.cycle(connections))
      }
    }
  } finally {
    for (const pair of pairs) pair.stop()
  }
}

async function weigh({ row, heapBytes, residentBytes }: (typeof results)[number]): Promise<void> {
  const pair = new Pair(row)
  try {
    await pair.start()
    await pair.cycle(WARM_UP_IDLE)
    const before = await pair.open(WARM_UP_IDLE)
    if (values.snapshot) await pair.snapshot(`${row}-before.heapsnapshot`)
    const after = await pair.open(idle)
    if (values.snapshot) await pair.snapshot(`${row}-after.heapsnapshot`)
    heapBytes.push((after.heapBytes - before.heapBytes) / idle)
    residentBytes.push((after.residentBytes - before.residentBytes) / idle)
  } finally {
    pair.stop()
  }
}

function report(): void {
  const bare = results.find(({ row }) => row === 'bare') as (typeof results)[number]
  const summaries = results.map((result) => ({
    row: result.row,
    role: ROWS[result.row].role,
    cpuUs: spread(result.cpuUs),
    cpuOfBare: ratioSpread(result.cpuUs, bare.cpuUs),
    // Other work makes a round dearer, never cheaper: on a busy machine this is the figure that repeats.
    fastestOfBare: spread(result.cpuUs).min / spread(bare.cpuUs).min,
    ...(weighings > 0 && {
      heapBytes: spread(result.heapBytes),
      heapOfBare: ratioSpread(result.heapBytes, bare.heapBytes),
      residentBytes: spread(result.residentBytes),
      residentOfBare: ratioSpread(result.residentBytes, bare.residentBytes),
    }),
  }))
  printTable(`${count(connections)} connections a round, ${rounds} rounds`, [
    ['', 'CPU µs each', 'of bare', 'fastest round', 'of bare'],
    ...summaries.map(({ row, cpuUs, cpuOfBare, fastestOfBare }) => [
      row,
      cpuUs.median.toFixed(1),
      ratio(cpuOfBare),
      cpuUs.min.toFixed(1),
      `${fastestOfBare.toFixed(2)} ×`,
    ]),
  ])
  if (weighings > 0) {
    printTable(`${count(idle)} idle connections`, [
      ['', 'heap and buffers, bytes each', 'of bare', 'resident', 'of bare'],
      ...summaries.map(({ row, heapBytes, heapOfBare, residentBytes, residentOfBare }) => [
        row,
        count(heapBytes?.median ?? 0),
        ratio(heapOfBare),
        count(residentBytes?.median ?? 0),
        ratio(residentOfBare),
      ]),
    ])
  }
  if (!values.dry) writeResults('accept', { connections, idle, rounds, weighings, rows: summaries })
}

function ratio(given: Spread | undefined): string {
  if (!given) return ''
  const { median, min, max } = given
  return `${median.toFixed(2)} × (${min.toFixed(2)} – ${max.toFixed(2)})`
}
