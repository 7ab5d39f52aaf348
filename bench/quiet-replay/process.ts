/** Replays a quiet channel of one hub, and ends: `node process.ts <engine> <file> <events> <quiet> <times>`. */
import { defineStream, type } from '@sse/contract'
import { createHub, memory } from '@sse/server'
import { sqlite } from '@sse/sqlite'
import { countReads } from '../common/count-reads.ts'
import { publishAll } from '../common/publish-all.ts'
import { makeText, makeTick, type Tick } from '../fanout/tick.ts'
import type { ReplayAnswer } from './messages.ts'

const PAYLOAD_BYTES = 120
/** Everybody else's channels. */
const BUSY_CHANNELS = 100
const WARM_UP = 20

const [kind, file, ...counts] = process.argv.slice(2)
const [events, quiet, times] = counts.map(Number) as [number, number, number]

const all = Number.POSITIVE_INFINITY
const engine = kind === 'sqlite' ? sqlite(file as string) : memory({ maxBytes: all })
const reads = countReads(engine)
const contract = defineStream({ path: '/ticks', events: { tick: type<Tick>() } })
const hub = createHub(contract, { engine, retention: { maxEvents: all, maxAgeMs: all } })

const text = makeText(PAYLOAD_BYTES)
const every = Math.floor(events / quiet)
const start = await hub.publish('start', 'tick', makeTick(0, text))
await publishAll(events, (index) => {
  const channel = index % every === 0 && index / every < quiet ? 'quiet' : `busy:${index % BUSY_CHANNELS}`
  return hub.publish(channel, 'tick', makeTick(index, text))
})

for (let time = 0; time < WARM_UP; time++) await replay()
const readsBefore = reads()
const tookMs: number[] = []
for (let time = 0; time < times; time++) tookMs.push(await replay())
say({ type: 'replayed', tookMs, reads: (reads() - readsBefore) / times })
process.disconnect()
await hub.close()

async function replay(): Promise<number> {
  const startedAt = performance.now()
  let replayed = 0
  for await (const { event } of hub.subscribe('quiet', { after: start })) {
    if (event !== 'tick') throw new Error(`it got ${event}`)
    if (++replayed === quiet) break
  }
  return performance.now() - startedAt
}

function say(answer: ReplayAnswer): void {
  process.send?.(answer)
}
