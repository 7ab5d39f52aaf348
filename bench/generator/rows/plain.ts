import { once } from 'node:events'
import { createServer } from 'node:http'
import { frame } from '../frame.ts'
import type { Listen } from '../rows.ts'
import { asIs } from '../ticks.ts'

/** The floor: the loop everybody writes first, with the drain that many forget. */
export const listen: Listen = (ticks) =>
  createServer(async (_req, res) => {
    res.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache, no-transform' })
    for await (const tick of ticks(asIs)) {
      if (!res.write(frame(tick))) await once(res, 'drain')
    }
    res.end()
  }).listen(0)
