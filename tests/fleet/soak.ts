/** Runs a fleet under load and faults for minutes. Writes docs/operations/soak.md. */
import { setTimeout } from 'node:timers/promises'
import fc from 'fast-check'
import { isServer } from './engines/start-engine.ts'
import { type Fault, FaultQueues, faultKinds } from './faults.ts'
import { Fleet } from './fleet.ts'
import { judge } from './judge.ts'
import { Publisher } from './publisher.ts'
import { Reader } from './reader.ts'
import { Histogram } from './soak/histogram.ts'
import { readOptions } from './soak/options.ts'
import { type SoakResult, writeReport } from './soak/report.ts'
import { Truth } from './truth.ts'

const SERVERS = 3
const READERS = 40
const PUBLISHERS = 4
const OWNERS = 10
/** So that it is trimmed all the time, under the readers. */
const MAX_EVENTS = 20_000
const PUBLISH_PACE_MS = 15
const CALM_AFTER_MS = 3_000
/** From the end of a fault to the next. */
const FAULT_PAUSE_MS = { min: 2_000, max: 10_000 }
const MB = 1e6

const { engine, seconds, isDry } = readOptions()
// Node 24.21 may turn in circles for ever when it tears down a process that has reset connections; this leaves that out.
process.once('beforeExit', () => process.exit())
const between = (min: number, max: number) => fc.sample(fc.integer({ min, max }), 1)[0] as number

await using fleet = await Fleet.start(engine, { servers: SERVERS, isDurable: true, maxEvents: MAX_EVENTS })
const truth = new Truth()
const latency = { calm: new Histogram(), all: new Histogram() }
const faults = new FaultQueues(fleet)
const over = new AbortController()
const startedAt = performance.now()
let healedAt: number | undefined = startedAt
let moves = 0

const publishers = Array.from({ length: PUBLISHERS }, (_, n) => new Publisher(`p${n}`, n, fleet, truth))
const first = await (publishers[0] as Publisher).publish({ channel: 'all', bulk: 0 })
const readers = Array.from({ length: READERS }, (_, n) => {
  const reader = new Reader(`r${n}`, ['all', `owner ${n % OWNERS}`], first.id, ({ at }) => {
    const now = performance.now()
    latency.all.add(now - at)
    if (healedAt !== undefined && at > healedAt + CALM_AFTER_MS) latency.calm.add(now - at)
  })
  reader.follow(fleet.server(n))
  return reader
})
const memory: SoakResult['memory'] = []

const work = [...publishers.map(publish), breakThings(), moveReaders(), watch()]
await Promise.race([setTimeout(seconds * 1_000), ...work])
over.abort()
await Promise.all(work)
await faults.settled()
for (const [n, reader] of readers.entries()) if (!reader.isOpen) reader.follow(fleet.server(n))

const { lost, repeated, problems } = await judge(fleet, truth, readers, true)
await weigh()
const summarize = (times: Histogram) => ({ p50: times.at(0.5), p99: times.at(0.99), events: times.count })
const result: SoakResult = {
  engine,
  seconds,
  servers: SERVERS,
  readers: READERS,
  publishers: PUBLISHERS,
  maxEvents: MAX_EVENTS,
  published: truth.acknowledged.size,
  publishRetries: publishers.reduce((sum, { retries }) => sum + retries, 0),
  delivered: delivered(),
  lost,
  repeated,
  gaps: gapsByReason(),
  reconnects: readers.reduce((sum, { connects }) => sum + connects, 0) - READERS,
  moves,
  faults: faults.counts,
  latencyMs: { calm: summarize(latency.calm), all: summarize(latency.all) },
  memory,
  problems: problems.slice(0, 100),
}
console.log(JSON.stringify(result, null, 2))
if (!isDry) writeReport(result)
if (problems.length > 0) process.exitCode = 1

async function publish(publisher: Publisher): Promise<void> {
  while (!over.signal.aborted) {
    const channel = between(1, 5) === 1 ? 'all' : `owner ${between(0, OWNERS - 1)}`
    await publisher.publish({ channel, bulk: between(1, 20) === 1 ? 4_000 : 100 })
    await setTimeout(PUBLISH_PACE_MS)
  }
}

/** One after the other: in between, everything has to come back. All kinds come up equally often. */
async function breakThings(): Promise<void> {
  const kinds = faultKinds(isServer(engine))
  for (let n = 0; ; n += 1) {
    await pause(between(FAULT_PAUSE_MS.min, FAULT_PAUSE_MS.max))
    if (over.signal.aborted) return
    healedAt = undefined
    await faults.add(faultOf(kinds[n % kinds.length] as Fault['kind']))
    healedAt = performance.now()
  }
}

/** The first server is never killed: its memory is looked at. */
function faultOf(kind: Fault['kind']): Fault {
  const server = between(kind === 'kill server' ? 1 : 0, SERVERS - 1)
  return { kind, server, ms: between(100, kind.startsWith('pause') ? 2_500 : 500) }
}

async function moveReaders(): Promise<void> {
  while (!over.signal.aborted) {
    await pause(1_000)
    readers[between(0, READERS - 1)]?.follow(fleet.server(between(0, SERVERS - 1)))
    moves += 1
  }
}

async function watch(): Promise<void> {
  while (!over.signal.aborted) {
    await pause(10_000)
    if (healedAt !== undefined) await weigh()
    const elapsed = Math.round((performance.now() - startedAt) / 1_000)
    const open = readers.filter(({ isOpen }) => isOpen).length
    console.log(
      `${elapsed} of ${seconds} s: ${truth.acknowledged.size} published, ${delivered()} delivered, ` +
        `${open} of ${READERS} open, gaps ${JSON.stringify(gapsByReason())}, ` +
        `heap ${memory.at(-1)?.heapMb} MB, ${JSON.stringify(faults.counts)}`,
    )
  }
}

async function weigh(): Promise<void> {
  const { rss, heapUsed } = await fleet.server(0).weigh()
  const afterSeconds = Math.round((performance.now() - startedAt) / 1_000)
  memory.push({ afterSeconds, heapMb: Math.round(heapUsed / MB), rssMb: Math.round(rss / MB) })
}

function delivered(): number {
  return readers.reduce((sum, { received }) => sum + received, 0)
}

function gapsByReason(): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const { gap } of readers.flatMap(({ stretches }) => stretches)) {
    if (gap !== undefined) counts[gap] = (counts[gap] ?? 0) + 1
  }
  return counts
}

async function pause(ms: number): Promise<void> {
  await setTimeout(ms, undefined, { signal: over.signal }).catch(() => {})
}
