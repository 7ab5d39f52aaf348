/** A hub's stream, compressed or not, alone in its process: `node server.ts <row>`. */
import { readFileSync } from 'node:fs'
import { createServer, type RequestListener } from 'node:http'
import { setTimeout as wait } from 'node:timers/promises'
import { defineStream, type } from '@sse/contract'
import { createHub } from '@sse/server'
import { gzip } from '@sse/server/gzip'
import { sse } from '@sse/server/node'
import compression from 'compression'
import { listenOn } from '../fanout/listen.ts'
import { type Lead, makeLead } from './lead.ts'
import type { Burst, Row, ServerAnswer, ServerOrder } from './messages.ts'

const COLLECTIONS = 3
const SETTLE_MS = 1000

const row = process.argv[2] as Row
const contract = defineStream({
  path: '/leads/:owner',
  heartbeatMs: Number.POSITIVE_INFINITY,
  events: { lead: type<Lead>() },
})
const hub = createHub(contract)
const stream = sse(hub, {
  authorize: () => true,
  channels: ({ params }) => params.owner,
  ...(row === 'once' && { compression: gzip() }),
})
let published = 0

process.on('message', async (order: ServerOrder) => {
  if (order.type === 'publish') {
    await publish(order.burst)
    return say({ type: 'published' })
  }
  if (order.type === 'cpu') return say({ type: 'cpu', cpuMs: cpuMs() })
  // V8 gives pages back some time after they have become empty.
  for (let time = 0; time < COLLECTIONS; time++) {
    globalThis.gc?.()
    await wait(SETTLE_MS)
  }
  return say({ type: 'pss', pssBytes: pssBytes() })
})
process.on('disconnect', () => process.exit())
say({
  type: 'listening',
  port: await listenOn(createServer(row === 'each' ? behindMiddleware(stream) : stream)),
})

/** Told to compress every stream: `no-transform`, which streams carry otherwise, would keep it from that. */
function behindMiddleware(listener: RequestListener): RequestListener {
  const compress = compression({ filter: () => true, threshold: 0 })
  return (req, res) => {
    res.setHeader('cache-control', 'no-cache')
    compress(req as never, res as never, () => listener(req, res))
  }
}

async function publish({ turns, eventsPerTurn, channels }: Burst): Promise<void> {
  for (let turn = 0; turn < turns; turn++) {
    await new Promise((resolve) => setImmediate(resolve))
    const turnsEvents = Array.from({ length: eventsPerTurn }, () => {
      const index = published++
      return hub.publish(String(index % channels), 'lead', makeLead(index))
    })
    await Promise.all(turnsEvents)
  }
}

function cpuMs(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}

/** Its share of physical memory, as the kernel counts it. */
function pssBytes(): number {
  const kilobytes = /^Pss:\s+(\d+) kB/m.exec(readFileSync('/proc/self/smaps_rollup', 'utf8'))?.[1]
  return Number(kilobytes) * 1024
}

function say(answer: ServerAnswer): void {
  process.send?.(answer)
}
