import { fastifySSE } from '@fastify/sse'
import fastify from 'fastify'
import type { Listen } from '../rows.ts'

export const listen: Listen = async (ticks) => {
  const app = fastify()
  await app.register(fastifySSE)
  app.get('/ticks', { sse: 'only' }, async (_request, reply) => {
    await reply.sse.send(ticks((tick) => ({ event: 'tick', data: tick })))
  })
  await app.listen({ port: 0 })
  return app.server
}
