/** Measures on a history of some size: `node history-process.ts <engine> <file> <events> <rounds>`. */
import { defineStream, type } from '@sse/contract'
import { createHub } from '@sse/server'
import { formatId } from '@sse/server/engine-kit'
import { ownCpuMs } from '../common/own-process.ts'
import { publishAll } from '../common/publish-all.ts'
import { makeText, makeTick, type Tick } from '../fanout/tick.ts'
import { openFilled, PAYLOAD_BYTES } from './history-engine.ts'
import type { HistoryAnswer } from './messages.ts'

const CHANNELS = 10
/** Events published in a round, at most: few beside the history. */
const MOST_PUBLISHED = 10_000
const LEAST_PUBLISHED = 2_000
/** Events that a resuming reader takes. */
const RESUMED = 50
const RESUMES = 100

const [name, file, ...counts] = process.argv.slice(2)
const [events, rounds] = counts.map(Number) as [number, number]
const all = Number.POSITIVE_INFINITY

const filling = { file: file as string, events, prefix: 'c:', channels: CHANNELS }
const { engine, epoch } = await openFilled(name as string, filling)
const contract = defineStream({ path: '/ticks', events: { tick: type<Tick>() } })
const hub = createHub(contract, { engine, retention: { maxEvents: all, maxAgeMs: all } })
const text = makeText(PAYLOAD_BYTES)
/** Position of the newest event. */
let head = events

// The process follows the log, as one with connections does.
const follower = hub.subscribe('other')[Symbol.asyncIterator]()
const following = follower.next()
await resume()

const published = Math.min(MOST_PUBLISHED, Math.max(LEAST_PUBLISHED, events))
const publishUs: number[] = []
const resumeUs: number[] = []
const trimUs: number[] = []
await publish() // warms up
await trim()
globalThis.gc?.()
const heapBytes = process.memoryUsage().heapUsed
for (let round = 0; round < rounds; round++) {
  publishUs.push((await cpuOf(publish)) / published)
  trimUs.push((await cpuOf(trim)) / published)
  resumeUs.push((await cpuOf(resumeOften)) / (RESUMES * RESUMED))
}
const answer: HistoryAnswer = { type: 'history', publishUs, resumeUs, trimUs, heapBytes }
process.send?.(answer)
if (process.connected) process.disconnect()
await hub.close()
await following

/** CPU time in microseconds. */
async function cpuOf(run: () => Promise<unknown>): Promise<number> {
  const before = ownCpuMs()
  await run()
  return (ownCpuMs() - before) * 1000
}

function publish(): Promise<unknown> {
  head += published
  return publishAll(published, (index) => hub.publish(`c:${index % CHANNELS}`, 'tick', makeTick(index, text)))
}

/** Removes as many as were published, so that the history keeps its size. */
function trim(): Promise<void> {
  return engine.trim({ maxEvents: events, maxAgeMs: all, maxCommitAgeMs: all })
}

async function resumeOften(): Promise<void> {
  for (let time = 0; time < RESUMES; time++) await resume()
}

/** Reads a channel from the middle of the history. */
async function resume(): Promise<void> {
  const middle = formatId({ epoch, position: head - Math.floor(events / 2) })
  let read = 0
  for await (const { event } of hub.subscribe('c:0', { after: middle })) {
    if (event !== 'tick') throw new Error(`it got ${event}`)
    if (++read === RESUMED) break
  }
}
