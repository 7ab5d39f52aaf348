import { createServer } from 'node:http'
import { createServer as createHttp2Server } from 'node:http2'
import { serve } from '@hono/node-server'
import Router from '@koa/router'
import express from 'express'
import fastify from 'fastify'
import { Hono } from 'hono'
import Koa from 'koa'
import { describe, expect, it, vi } from 'vitest'
import { ack as ackExpress } from '../adapters/express.ts'
import { ack as ackFastify } from '../adapters/fastify.ts'
import { ack as ackHono } from '../adapters/hono.ts'
import { ack as ackKoa } from '../adapters/koa.ts'
import { listen, type RunningServer, stream } from '../fixtures/adapter-servers.ts'
import { fetchHttp2 } from '../fixtures/fetch-http2.ts'
import { type TestHub, testHub } from '../fixtures/hub-server.ts'
import { scoped } from '../fixtures/server-scope.ts'
import { ack as ackWeb } from '../index.ts'
import { ack as ackNode } from '../node/node.ts'

const route = `${stream.path}/ack` as const
const listenFetch = async (fetch: (request: Request) => Response | Promise<Response>) => {
  const server = serve({ fetch, port: 0, hostname: '127.0.0.1' }) as ReturnType<typeof createServer>
  if (!server.listening) await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as { port: number }
  return {
    origin: `http://127.0.0.1:${port}`,
    close: () => new Promise<void>((resolve) => server.close(() => resolve())),
  }
}

const adapters: [string, (hub: TestHub) => Promise<RunningServer>, typeof fetch?][] = [
  ['node', (hub) => listen(createServer(ackNode(hub, ({ params }) => params.owner)))],
  [
    'node http2',
    (hub) => listen(createHttp2Server(ackNode(hub, ({ params }) => params.owner))),
    fetchHttp2 as never,
  ],
  [
    'express',
    (hub) =>
      listen(
        createServer(
          express()
            .use(express.json())
            .post(
              route,
              ackExpress(hub, ({ params }) => params.owner),
            ),
        ),
      ),
  ],
  [
    'koa',
    (hub) =>
      listen(
        createServer(
          new Koa()
            .use(
              new Router()
                .post(
                  route,
                  ackKoa(hub, ({ params }) => params.owner),
                )
                .routes(),
            )
            .callback(),
        ),
      ),
  ],
  [
    'hono',
    (hub) =>
      listenFetch(
        new Hono().post(
          route,
          ackHono(hub, ({ params }) => params.owner),
        ).fetch,
      ),
  ],
  ['web', (hub) => listenFetch(ackWeb(hub, ({ params }) => params.owner))],
  [
    'fastify',
    async (hub) => {
      const app = fastify()
      app.post(
        route,
        ackFastify(hub, ({ params }) => params.owner),
      )
      const origin = await app.listen({ port: 0, host: '127.0.0.1' })
      return { origin, close: () => app.close() }
    },
  ],
]

describe.each(adapters)('ack on %s', (_name, start, fetcher = fetch) => {
  it('takes the id from Last-Event-ID, without a body, and answers 204', async () => {
    const hub = testHub()
    const { origin } = await scoped(start(hub))
    const id = await hub.publish('ada', 'count', 1)
    const post = (lastEventId?: string) =>
      fetcher(`${origin}/leads/a%20da/ack`, {
        method: 'POST',
        headers: lastEventId === undefined ? {} : { 'last-event-id': lastEventId },
      })
    expect((await post(id)).status).toBe(204)
    expect(await hub.committed('a da')).toBe(id)
    const refused = await post('other-1')
    expect(refused.status).toBe(409)
    expect(await refused.json()).toMatchObject({ code: 'ack_invalid' })
    expect((await post()).status).toBe(400)
    expect((await post('x'.repeat(1_025))).status).toBe(400)
    expect(await hub.committed('a da')).toBe(id)
  })
})

describe('ack', () => {
  const start = (
    ...given: [subscriber: () => string | undefined, options?: { authorize?: () => unknown }]
  ) => {
    const hub = testHub()
    return scoped(listen(createServer(ackNode(hub, ...given))))
  }
  const post = (origin: string, method = 'POST', path = '/leads/ada/ack?lastEventId=a-1') =>
    fetch(`${origin}${path}`, { method })

  it('does not take the id from the query: another site’s form could send that', async () => {
    const { origin } = await start(() => 'ada')
    expect((await post(origin)).status).toBe(400)
  })

  it('is 405 for another method, 404 for another path', async () => {
    const { origin } = await start(() => 'ada')
    expect((await post(origin, 'PUT')).status).toBe(405)
    expect((await post(origin, 'POST', '/leads/ada')).status).toBe(404)
  })

  it('is refused by authorize, and without a subscriber', async () => {
    const subscriber = vi.fn(() => undefined)
    const { origin } = await start(subscriber, { authorize: () => false })
    expect((await post(origin)).status).toBe(403)
    expect(subscriber).not.toHaveBeenCalled()
    expect((await post((await start(subscriber)).origin)).status).toBe(401)
  })

  it.each([[undefined], [{}], ['hub']])('takes a hub, not %j', (hub) => {
    expect(() => ackExpress(hub as never, () => 'ada')).toThrow(
      expect.objectContaining({ code: 'option_invalid' }),
    )
  })
})
