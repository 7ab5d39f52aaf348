import { sse } from '@sse/server/express'
import express from 'express'
import { hub } from './hub.ts'

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

// The page: as Vite serves it during development, or as it was built.
if (process.argv.includes('--dev')) {
  const { createServer } = await import('vite')
  // `native`: without it Vite writes a copy of its configuration, and `node --watch` restarts for that.
  const vite = await createServer({ configLoader: 'native', server: { middlewareMode: true } })
  app.use(vite.middlewares)
} else {
  app.use(express.static('dist'))
}

const server = app.listen(Number(process.env.PORT ?? 3000), () => {
  const address = server.address()
  if (address && typeof address === 'object') console.log(`http://localhost:${address.port}`)
})
