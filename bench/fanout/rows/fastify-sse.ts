import { fastifySSE } from '@fastify/sse'
import fastify from 'fastify'
import { nextId } from '../frame.ts'
import type { StartPublisher } from '../rows.ts'

/** It has no broadcast of its own: a set of replies is what its users keep. */
export const start: StartPublisher = async ({ heartbeatMs }) => {
  const app = fastify()
  const isQuiet = heartbeatMs === Number.POSITIVE_INFINITY
  await app.register(fastifySSE, { heartbeatInterval: isQuiet ? 0 : heartbeatMs })
  const replies = new Set<{ send: (message: object) => Promise<void> }>()
  app.get('/ticks', { sse: 'only' }, async (_request, reply) => {
    const { sse } = reply
    sse.keepAlive()
    sse.sendHeaders()
    reply.raw.flushHeaders()
    replies.add(sse as never)
    sse.onClose(() => replies.delete(sse as never))
  })
  const address = await app.listen({ port: 0, host: '127.0.0.1', backlog: 4096 })
  return {
    port: Number(new URL(address).port),
    async publish(ticks) {
      for (const tick of ticks) {
        const message = { id: nextId(), event: 'tick', data: tick }
        for (const sse of replies) void sse.send(message)
      }
    },
  }
}
