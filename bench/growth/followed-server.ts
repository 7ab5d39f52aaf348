/** A hub whose connections follow channels of their own: connection `i` follows `each` from number `i * each` on. */
import { defineStream, type } from '@sse/contract'
import { createHub } from '@sse/server'
import { sse } from '@sse/server/node'
import { ownCpuMs, settledPssBytes } from '../common/own-process.ts'
import { listen } from '../fanout/listen.ts'
import { makeText, makeTick, type Tick } from '../fanout/tick.ts'
import type { ServerAnswer, ServerOrder } from './messages.ts'
import { createRandom } from './random.ts'

const PAYLOAD_BYTES = 120
/** Events of one turn of the event loop. */
const EVENTS_PER_TURN = 20

const contract = defineStream({
  path: '/ticks/:index/:each',
  heartbeatMs: Number.POSITIVE_INFINITY,
  events: { tick: type<Tick>() },
})
const hub = createHub(contract)
const port = await listen(
  sse(hub, {
    authorize: () => true,
    channels: ({ params }) => {
      const first = Number(params.index) * Number(params.each)
      return Array.from({ length: Number(params.each) }, (_, index) => nameOf(first + index))
    },
  }),
)
const text = makeText(PAYLOAD_BYTES)
const random = createRandom()
let channels = 1
let published = 0

process.on('message', async (order: ServerOrder) => {
  switch (order.type) {
    case 'channels':
      channels = order.channels
      return say({ type: 'ready' })
    case 'publish':
      for (let turn = 0; turn < order.turns; turn++) await publishTurn()
      return say({ type: 'published' })
    case 'cpu':
      return say({ type: 'cpu', cpuMs: ownCpuMs() })
    case 'pss':
      return say({ type: 'pss', pssBytes: await settledPssBytes() })
  }
})
process.on('disconnect', () => process.exit())
say({ type: 'listening', port })

async function publishTurn(): Promise<void> {
  const events = Array.from({ length: EVENTS_PER_TURN }, () => makeTick(published++, text))
  await Promise.all(events.map((tick) => hub.publish(nameOf(random(channels)), 'tick', tick)))
}

function nameOf(channel: number): string {
  return `user:${channel}`
}

function say(answer: ServerAnswer): void {
  process.send?.(answer)
}
