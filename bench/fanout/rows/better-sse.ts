import { createChannel, createSession } from 'better-sse'
import { nextId } from '../frame.ts'
import { listen } from '../listen.ts'
import type { StartPublisher } from '../rows.ts'

export const start: StartPublisher = async ({ heartbeatMs }) => {
  const channel = createChannel()
  const keepAlive = heartbeatMs < Number.POSITIVE_INFINITY ? heartbeatMs : null
  const port = await listen(async (req, res) => {
    channel.register(await createSession(req, res, { keepAlive }))
  })
  return {
    port,
    publish(ticks) {
      for (const tick of ticks) channel.broadcast(tick, 'tick', { eventId: nextId() })
    },
  }
}
