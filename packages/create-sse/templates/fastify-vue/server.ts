import files from '@fastify/static'
import { sse } from '@sse/server/fastify'
import fastify from 'fastify'
import { hub } from './hub.ts'

// Streams do not end by themselves: without `forceCloseConnections`, `close` would wait for them.
const app = fastify({ forceCloseConnections: true })

// The stream and its acknowledgements.
app.register(
  sse(hub, {
    // Your session goes here: return the signed-in user, or nothing to refuse.
    authorize: () => ({ id: 'guest' }),
    channels: () => 'room',
  }),
)

const body = {
  type: 'object',
  required: ['text'],
  properties: { text: { type: 'string', minLength: 1 } },
} as const

app.post<{ Body: { text: string } }>('/api/messages', { schema: { body } }, async (request, reply) => {
  await hub.publish('room', 'message', { text: request.body.text })
  return reply.code(204).send()
})

app.get('/api/online', () => ({ connections: hub.stats().connections }))

// The page: as Vite serves it during development, or as it was built.
if (process.argv.includes('--dev')) {
  const { createServer } = await import('vite')
  // `native`: without it Vite writes a copy of its configuration, and `node --watch` restarts for that.
  const vite = await createServer({
    configLoader: 'native',
    server: { middlewareMode: true, ws: { server: app.server } },
  })
  app.setNotFoundHandler((request, reply) => {
    reply.hijack()
    vite.middlewares(request.raw, reply.raw)
  })
} else {
  app.register(files, { root: `${import.meta.dirname}/dist` })
}

const address = await app.listen({ port: Number(process.env.PORT ?? 3000) })
console.log(address)
