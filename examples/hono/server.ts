import type { Server } from 'node:http'
import { setTimeout } from 'node:timers/promises'
import { serve } from '@hono/node-server'
import { sse } from '@sse/server/hono'
import { choosePort, renderPage } from '@sse-examples/page'
import { stream } from '@sse-examples/page/stream'
import { Hono } from 'hono'
import { cors } from 'hono/cors'

const app = new Hono()
// Any page may read this server's streams; name your own origins where that is not meant.
app.use(cors())

app.get(
  stream.path,
  sse(stream, async function* ({ event, signal }) {
    while (true) {
      yield event('number', 1 + Math.floor(Math.random() * 100))
      // The signal aborts when the client leaves, and ends the wait with it.
      await setTimeout(1_000, undefined, { signal })
    }
  }),
)

const page = await renderPage('Hono')
app.get('/', (c) => c.html(page))

const port = await choosePort()
const server = serve({ fetch: app.fetch, port }, () => console.log(`Open http://localhost:${port}`)) as Server

for (const name of ['SIGINT', 'SIGTERM']) {
  process.once(name, () => {
    server.close()
    // `close` alone would wait for the streams, which do not end by themselves.
    server.closeAllConnections()
  })
}
