import type { ServerResponse } from 'node:http'
import { frame, HEADERS } from '../frame.ts'
import { listen } from '../listen.ts'
import type { StartPublisher } from '../rows.ts'

/** The loop most write: each event is made once, and written to every response. */
export const start: StartPublisher = async ({ heartbeatMs }) => {
  const responses = new Set<ServerResponse>()
  const port = await listen((_req, res) => {
    res.writeHead(200, HEADERS)
    res.flushHeaders()
    responses.add(res)
    res.on('close', () => responses.delete(res))
  })
  const send = (text: string) => {
    const bytes = Buffer.from(text)
    for (const res of responses) res.write(bytes)
  }
  if (heartbeatMs < Number.POSITIVE_INFINITY) setInterval(() => send(':\n'), heartbeatMs)
  return {
    port,
    publish(ticks) {
      for (const tick of ticks) send(frame(tick))
    },
  }
}
