/** One of a fleet: a hub on the engine it is told, a stream, a way to publish, and what it weighs. */
import { createServer } from 'node:http'
import { createHub, isSseError } from '@sse/server'
import { sse } from '@sse/server/node'
import { beats } from './beats.ts'
import { openEngine } from './engines/open-engine.ts'

const { PORT, ENGINE = '', MAX_EVENTS } = process.env
const hub = createHub(beats, {
  engine: openEngine(ENGINE),
  retention: { maxEvents: MAX_EVENTS ? Number(MAX_EVENTS) : Number.POSITIVE_INFINITY },
  // Small, so that whoever was away is served by the engine too.
  ring: { maxEvents: 200 },
})
const stream = sse(hub, {
  authorize: () => true,
  channels: ({ params }) => params.channels.split('+'),
  retryMs: 20,
})

createServer((req, res) => {
  const { pathname, searchParams } = new URL(req.url ?? '/', 'http://localhost')
  if (pathname === '/memory') {
    globalThis.gc?.()
    const { rss, heapUsed } = process.memoryUsage()
    res.end(JSON.stringify({ rss, heapUsed, ...hub.stats() }))
  } else if (req.method === 'GET') stream(req, res)
  else {
    const beat = {
      serial: Number(searchParams.get('serial')),
      at: Number(searchParams.get('at')),
      bulk: 'x'.repeat(Number(searchParams.get('bulk'))),
    }
    // The same however often it is asked for, and by whichever process.
    const options = { idempotencyKey: `beat-${beat.serial}` }
    hub.publish(searchParams.get('channel') ?? '', 'beat', beat, options).then(
      (id) => res.end(id),
      (error) => res.writeHead(503).end(isSseError(error) ? error.code : String(error)),
    )
  }
}).listen(Number(PORT), '127.0.0.1', () => console.log('listening'))
