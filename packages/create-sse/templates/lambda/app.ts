import { sse } from '@sse/server/hono'
import { Hono } from 'hono'
import { hub } from './hub.ts'

export const app = new Hono()

// The stream and its acknowledgements.
app.use(
  sse(hub, {
    // Your session goes here: return the signed-in user, or nothing to refuse.
    authorize: () => ({ id: 'guest' }),
    channels: () => 'room',
    // Lambda stops a function at its timeout, and does not report that a client has left. Each stream therefore ends
    // before the timeout of template.yaml, and the page continues with the next one.
    maxConnectionMs: Number(process.env.STREAM_MS ?? 50_000),
  }),
)

app.post('/api/messages', async (c) => {
  const { text } = await c.req.json<{ text?: unknown }>().catch(() => ({ text: undefined }))
  if (typeof text !== 'string' || text === '') return c.json({ error: 'text is missing' }, 400)
  await hub.publish('room', 'message', { text })
  return c.body(null, 204)
})

// Of this copy of the function.
app.get('/api/online', (c) => c.json({ connections: hub.stats().connections }))
