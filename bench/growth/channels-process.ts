/** Publishes to many channels: `node channels-process.ts <engine> <file> <channels> <events> <rounds>`. */
import { defineStream, type } from '@sse/contract'
import { createHub } from '@sse/server'
import { ownCpuMs } from '../common/own-process.ts'
import { publishAll } from '../common/publish-all.ts'
import { makeText, makeTick, type Tick } from '../fanout/tick.ts'
import { openFilled, PAYLOAD_BYTES } from './history-engine.ts'
import type { ManyChannelsAnswer } from './messages.ts'
import { createRandom } from './random.ts'

const PUBLISHED = 20_000

const [name, file, ...counts] = process.argv.slice(2)
const [channels, events, rounds] = counts.map(Number) as [number, number, number]
const all = Number.POSITIVE_INFINITY

const filling = { file: file as string, events, prefix: 'user:', channels }
const { engine } = await openFilled(name as string, filling)
const contract = defineStream({ path: '/ticks', events: { tick: type<Tick>() } })
const hub = createHub(contract, { engine, retention: { maxEvents: all, maxAgeMs: all } })
const follower = hub.subscribe('other')[Symbol.asyncIterator]()
const following = follower.next()
const text = makeText(PAYLOAD_BYTES)
const random = createRandom()

await publish() // warms up
const publishUs: number[] = []
for (let round = 0; round < rounds; round++) {
  const before = ownCpuMs()
  await publish()
  publishUs.push(((ownCpuMs() - before) * 1000) / PUBLISHED)
}
const answer: ManyChannelsAnswer = { type: 'channels', publishUs }
process.send?.(answer)
if (process.connected) process.disconnect()
await hub.close()
await following

function publish(): Promise<unknown> {
  return publishAll(PUBLISHED, (index) =>
    hub.publish(nameOf(random(channels)), 'tick', makeTick(index, text)),
  )
}

function nameOf(channel: number): string {
  return `user:${channel}`
}
