import { join } from 'node:path'
import {
  AngularNodeAppEngine,
  createNodeRequestHandler,
  isMainModule,
  writeResponseToNodeResponse,
} from '@angular/ssr/node'
import { sse } from '@sse/server/express'
import express from 'express'
import { hub } from './hub'

const app = express().use(express.json())

// The stream and its acknowledgements.
app.use(
  sse(hub, {
    // Your session goes here: return the signed-in user, or nothing to refuse.
    authorize: () => ({ id: 'guest' }),
    channels: () => 'room',
  }),
)

app.post('/api/messages', async (req, res) => {
  const text: unknown = req.body?.text
  if (typeof text !== 'string' || text === '') {
    res.status(400).json({ error: 'text is missing' })
    return
  }
  await hub.publish('room', 'message', { text })
  res.status(204).end()
})

app.get('/api/online', (_req, res) => {
  res.json({ connections: hub.stats().connections })
})

// The files that `ng build` made, and the page, rendered for each request.
const angular = new AngularNodeAppEngine()
app.use(
  express.static(join(import.meta.dirname, '../browser'), { maxAge: '1y', index: false, redirect: false }),
)
app.use((req, res, next) => {
  angular
    .handle(req)
    .then((response) => (response ? writeResponseToNodeResponse(response, res) : next()))
    .catch(next)
})

if (isMainModule(import.meta.url)) {
  const server = app.listen(Number(process.env.PORT ?? 3000), () => {
    const address = server.address()
    if (address && typeof address === 'object') console.log(`http://localhost:${address.port}`)
  })
}

/** What `ng serve` sends its requests to. */
export const reqHandler = createNodeRequestHandler(app)
