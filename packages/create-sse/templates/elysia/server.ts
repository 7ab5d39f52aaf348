import { sse } from '@sse/server'
import { Elysia, t } from 'elysia'
import { hub } from './hub.ts'
import page from './index.html'
import { room } from './src/room.ts'

const stream = sse(hub, {
  // Your session goes here: return the signed-in user, or nothing to refuse.
  authorize: () => ({ id: 'guest' }),
  channels: () => 'room',
})

// Bun bundles the page itself: once for production, again after each change during development.
const app = new Elysia({ serve: { development: process.argv.includes('--dev') } })
  .get('/', page)
  // The stream and its acknowledgements. With `server`, the stream is exempt from Bun's idle timeout.
  .all(room.path, ({ request, server }) => stream(request, server))
  .all(`${room.path}/ack`, ({ request, server }) => stream(request, server))
  .post(
    '/api/messages',
    async ({ body, status }) => {
      await hub.publish('room', 'message', { text: body.text })
      return status(204)
    },
    { body: t.Object({ text: t.String({ minLength: 1 }) }) },
  )
  .get('/api/online', () => ({ connections: hub.stats().connections }))
  .listen(Number(process.env.PORT ?? 3000))

console.log(`${app.server?.url}`)
