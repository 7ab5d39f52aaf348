/** A hub on `sqlite <file>`, `redis <url>` or `memory`, alone in its process. */
import { defineStream, type } from '@sse/contract'
import { redis } from '@sse/redis'
import { createHub, memory } from '@sse/server'
import type { Engine } from '@sse/server/engine-kit'
import { sse } from '@sse/server/node'
import { sqlite } from '@sse/sqlite'
import { countReads } from '../common/count-reads.ts'
import { publishAll } from '../common/publish-all.ts'
import { listen } from '../fanout/listen.ts'
import { makeText, makeTick, type Tick } from '../fanout/tick.ts'
import type { StormAnswer, StormOrder } from './messages.ts'
import { PAYLOAD_BYTES } from './payload.ts'

const [kind, place = ''] = process.argv.slice(2)
const engine: Engine = kind === 'sqlite' ? sqlite(place) : kind === 'redis' ? redis(place) : memory()
const reads = countReads(engine)
const contract = defineStream({
  path: '/ticks',
  heartbeatMs: Number.POSITIVE_INFINITY,
  events: { tick: type<Tick>() },
})
const hub = createHub(contract, { engine })
const port = await listen(sse(hub, { authorize: () => true, channels: 'everyone' }))
let readsBefore = reads()
let cpuBefore = process.cpuUsage()

process.on('message', async (order: StormOrder) => {
  if (order.type === 'spent') {
    const { user, system } = process.cpuUsage(cpuBefore)
    return say({ type: 'spent', reads: reads() - readsBefore, cpuMs: (user + system) / 1000 })
  }
  const text = makeText(PAYLOAD_BYTES)
  const ids = await publishAll(order.events, (index) =>
    hub.publish('everyone', 'tick', makeTick(index, text)),
  )
  readsBefore = reads()
  cpuBefore = process.cpuUsage()
  say({ type: 'filled', ids })
})
process.on('disconnect', () => process.exit())
say({ type: 'listening', port })

function say(answer: StormAnswer): void {
  process.send?.(answer)
}
