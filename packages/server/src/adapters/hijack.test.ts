import fastify from 'fastify'
import { expect, it } from 'vitest'
import { scoped } from '../fixtures/server-scope.ts'
import { sse } from './fastify.ts'

it('headers set on a Fastify reply before reach the client: with the stream, and with a refusal', async () => {
  const app = fastify()
  app.addHook('onRequest', async (_, reply) => {
    reply.header('set-cookie', ['a=1', 'b=2']).header('x-request-id', 7).header('content-type', 'text/plain')
  })
  app.get(
    '/',
    sse([{ data: 1 }], {
      authorize: ({ request }) => request.headers['x-key'] === 'right',
      onError: () => {},
    }),
  )
  const origin = await app.listen({ port: 0, host: '127.0.0.1' })
  await scoped(Promise.resolve({ origin, close: () => app.close() }))
  for (const [key, status, contentType] of [
    ['right', 200, 'text/event-stream; charset=utf-8'],
    ['wrong', 403, 'application/json'],
  ] as const) {
    const response = await fetch(origin, { headers: { 'x-key': key, connection: 'close' } })
    await response.text()
    expect(response.status).toBe(status)
    expect(response.headers.getSetCookie()).toEqual(['a=1', 'b=2'])
    expect(response.headers.get('x-request-id')).toBe('7')
    expect(response.headers.get('content-type')).toBe(contentType)
  }
})
