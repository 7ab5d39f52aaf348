/** One of the server processes: everything it needs to know of the others is the engine. */
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { redis } from '@sse/redis'
import { createHub, isSseError } from '@sse/server'
import { sse } from '@sse/server/node'
import { leads } from './stream.ts'

const { PORT, REDIS_URL = '', NAME = 'server' } = process.env
const hub = createHub(leads, { engine: redis({ url: REDIS_URL }) })
const page = readFileSync(new URL('page.html', import.meta.url))
let isDraining = false

const stream = sse(hub, {
  // Not signed in, to keep the example small: see examples/lead-desk.
  authorize: ({ params }) => params.owner,
  channels: ({ identity }) => identity,
  subscriber: false,
  maxConnectionMs: 3_600_000,
})

const server = createServer((req, res) => {
  const { pathname, searchParams } = new URL(req.url ?? '/', 'http://localhost')
  res.setHeader('x-server', NAME)
  if (pathname === '/') res.setHeader('content-type', 'text/html').end(page)
  else if (pathname === '/health') res.writeHead(isDraining ? 503 : 200).end()
  else if (req.method === 'GET') stream(req, res)
  else
    publish(searchParams.get('to') ?? '', searchParams.get('title') ?? '', searchParams.get('key'))
      .then((id) => res.end(id))
      .catch((error) => {
        // Not stored as far as we know: with the same key, the caller may ask again.
        if (!isSseError(error)) console.error(error)
        res.writeHead(503).end()
      })
})

function publish(owner: string, title: string, key: string | null): Promise<string> {
  return hub.publish(owner, 'lead', { title, by: NAME }, { idempotencyKey: key ?? undefined })
}

server.listen(Number(PORT), '127.0.0.1', () => console.log(`${NAME} listens on ${PORT}`))

process.once('SIGTERM', async () => {
  isDraining = true // the proxy sends no more clients
  server.close()
  await hub.drain({ graceMs: 5_000 })
  await hub.close()
  server.closeIdleConnections()
})
