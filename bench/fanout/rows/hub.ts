import { defineStream, type } from '@sse/contract'
import { createHub } from '@sse/server'
import { sse } from '@sse/server/node'
import { listen } from '../listen.ts'
import type { Publisher, PublisherOptions, StartPublisher } from '../rows.ts'
import type { Tick } from '../tick.ts'

/** Through the public API and with everything on: the contract, ids, history as it comes, and resuming. */
export const start: StartPublisher = async (options) => (await startHub(options)).publisher

/** The same, for rows that add to it. */
export async function startHub({ heartbeatMs, ...options }: PublisherOptions) {
  const contract = defineStream({
    path: '/ticks',
    heartbeatMs,
    events: { tick: type<Tick>() },
  })
  const hub = createHub(contract)
  const port = await listen(sse(hub, { authorize: () => true, channels: 'everyone', ...options }))
  const publisher: Publisher = {
    port,
    async publish(ticks) {
      await Promise.all(ticks.map((tick) => hub.publish('everyone', 'tick', tick)))
    },
  }
  return { hub, publisher }
}
