import { setTimeout } from 'node:timers/promises'
import { sse } from '@sse/server/express'
import { choosePort, renderPage } from '@sse-examples/page'
import { stream } from '@sse-examples/page/stream'
import cors from 'cors'
import express from 'express'

const app = express()
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

const page = await renderPage('Express')
app.get('/', (_req, res) => {
  res.type('html').send(page)
})

const port = await choosePort()
const server = app.listen(port, () => console.log(`Open http://localhost:${port}`))

for (const name of ['SIGINT', 'SIGTERM']) {
  process.once(name, () => {
    server.close()
    // `close` alone would wait for the streams, which do not end by themselves.
    server.closeAllConnections()
  })
}
