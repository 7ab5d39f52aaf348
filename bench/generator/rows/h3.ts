import { createServer } from 'node:http'
import { createEventStream, H3, toNodeHandler } from 'h3'
import type { Listen } from '../rows.ts'
import { asIs } from '../ticks.ts'

export const listen: Listen = (ticks) => {
  const app = new H3()
  app.get('/ticks', (event) => {
    const stream = createEventStream(event)
    const push = async () => {
      for await (const tick of ticks(asIs)) await stream.push({ event: 'tick', data: JSON.stringify(tick) })
      await stream.close()
    }
    void push()
    return stream
  })
  return createServer(toNodeHandler(app)).listen(0)
}
