import { once } from 'node:events'
import { createServer } from 'node:http'
import { frame } from '../frame.ts'
import type { Listen } from '../rows.ts'
import { asIs } from '../ticks.ts'

const MAX_BATCH_CHARS = 65_536

/** The ceiling: the same loop by a careful hand, what a turn yields in one write. */
export const listen: Listen = (ticks) =>
  createServer(async (_req, res) => {
    res.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache, no-transform' })
    let batch = ''
    const flush = () => {
      if (batch === '') return
      res.socket?.cork()
      res.write(batch)
      res.socket?.uncork()
      batch = ''
    }
    for await (const tick of ticks(asIs)) {
      if (batch === '') process.nextTick(flush)
      batch += frame(tick)
      if (batch.length >= MAX_BATCH_CHARS) flush()
      if (res.writableNeedDrain) await once(res, 'drain')
    }
    flush()
    res.end()
  }).listen(0)
