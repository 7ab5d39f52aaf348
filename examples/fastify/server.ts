import { setTimeout } from 'node:timers/promises'
import cors from '@fastify/cors'
import { sse } from '@sse/server/fastify'
import { choosePort, renderPage } from '@sse-examples/page'
import { stream } from '@sse-examples/page/stream'
import fastify from 'fastify'

// `close` alone would wait for the streams, which do not end by themselves.
const app = fastify({ forceCloseConnections: true })
// Any page may read this server's streams; name your own origins where that is not meant.
await app.register(cors)

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

const page = await renderPage('Fastify')
app.get('/', (_request, reply) => reply.type('text/html').send(page))

const port = await choosePort()
await app.listen({ port })
console.log(`Open http://localhost:${port}`)

for (const name of ['SIGINT', 'SIGTERM']) process.once(name, () => app.close())
