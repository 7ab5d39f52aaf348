import { createServer } from 'node:http'
import { WebSocketServer } from 'ws'
import { nextId } from '../frame.ts'
import { listenOn } from '../listen.ts'
import type { StartPublisher } from '../rows.ts'

/** The broadcast of its README: one text for all, and a loop over the clients. */
export const start: StartPublisher = async ({ heartbeatMs }) => {
  const server = createServer()
  const { clients } = new WebSocketServer({ server, perMessageDeflate: false })
  const port = await listenOn(server)
  if (heartbeatMs < Number.POSITIVE_INFINITY) {
    setInterval(() => {
      for (const client of clients) client.ping()
    }, heartbeatMs)
  }
  return {
    port,
    publish(ticks) {
      for (const tick of ticks) {
        const bytes = Buffer.from(JSON.stringify({ id: nextId(), event: 'tick', data: tick }))
        for (const client of clients) client.send(bytes, { binary: false })
      }
    },
  }
}
