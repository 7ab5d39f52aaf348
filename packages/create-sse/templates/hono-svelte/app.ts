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
  }),
)

app.post('/api/messages', async (c) => {
  const { text } = await c.req.json<{ text?: unknown }>().catch(() => ({ text: undefined }))
  if (typeof text !== 'string' || text === '') return c.json({ error: 'text is missing' }, 400)
  await hub.publish('room', 'message', { text })
  return c.body(null, 204)
})

app.get('/api/online', (c) => c.json({ connections: hub.stats().connections }))
