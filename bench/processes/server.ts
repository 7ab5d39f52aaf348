/** One process of a group: follows the group's hub, and publishes nothing. */
import { createHub } from '@sse/server'
import { sse } from '@sse/server/node'
import { listen } from '../fanout/listen.ts'
import { type EngineName, openEngine } from './engines.ts'
import type { CpuOrder, ServerAnswer } from './messages.ts'
import { ticks } from './ticks.ts'

const [engine = '', place = '', name = ''] = process.argv.slice(2)
const hub = createHub(ticks, { engine: openEngine(engine as EngineName, place, name) })
const port = await listen(sse(hub, { authorize: () => true, channels: 'everyone' }))

process.on('message', (_order: CpuOrder) => {
  const { user, system } = process.cpuUsage()
  say({ type: 'cpu', cpuMs: (user + system) / 1000 })
})
process.on('disconnect', () => process.exit())
say({ type: 'listening', port })

function say(answer: ServerAnswer): void {
  process.send?.(answer)
}
