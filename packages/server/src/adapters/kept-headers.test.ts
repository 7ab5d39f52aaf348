import { createServer } from 'node:http'
import { type CanActivate, Controller, type ExecutionContext, SetMetadata, UseGuards } from '@nestjs/common'
import { ExpressAdapter } from '@nestjs/platform-express'
import { FastifyAdapter } from '@nestjs/platform-fastify'
import express from 'express'
import { Hono } from 'hono'
import { setCookie } from 'hono/cookie'
import Koa from 'koa'
import { describe, expect, it } from 'vitest'
import {
  listen,
  listenFastify,
  listenFetch,
  listenNest,
  type RunningServer,
  stream,
} from '../fixtures/adapter-servers.ts'
import { type TestHub, testHub } from '../fixtures/hub-server.ts'
import { scoped } from '../fixtures/server-scope.ts'
import { sse as sseNode } from '../node/node.ts'
import { sse as sseExpress } from './express.ts'
import { sse as sseFastify } from './fastify.ts'
import { sse as sseHono } from './hono.ts'
import { sse as sseKoa } from './koa.ts'
import { sse as sseNest } from './nest.ts'

const CHANNELS = { channels: 'everyone', onError: () => {} } as const
const HEADERS = {
  'x-request-id': '7',
  'cache-control': 'private, no-transform',
  'content-type': 'text/plain',
}

/** Servers whose app sets headers and two cookies: before the stream, in `authorize`, and after its handler returned. */
const SERVERS: [name: string, start: (hub: TestHub) => Promise<RunningServer>, isLateKept: boolean][] = [
  [
    'node',
    (hub) => {
      const handler = sseNode(hub, {
        ...CHANNELS,
        authorize: ({ req, res }) => {
          res.appendHeader?.('set-cookie', 'b=2')
          return req.headers['x-user'] as string
        },
      })
      return listen(
        createServer((req, res) => {
          for (const [name, value] of Object.entries(HEADERS)) res.setHeader(name, value)
          res.setHeader('set-cookie', ['a=1'])
          handler(req, res)
        }),
      )
    },
    false,
  ],
  [
    'express',
    (hub) => {
      const mount = sseExpress(hub, {
        ...CHANNELS,
        authorize: ({ req, res }) => {
          res.cookie('b', 2, { path: '' })
          return req.get('x-user')
        },
      })
      const app = express().use((_req, res, next) => {
        res.set(HEADERS).append('set-cookie', 'a=1')
        next()
      })
      return listen(createServer(app.use(mount)))
    },
    false,
  ],
  [
    'fastify',
    (hub) =>
      listenFastify(async (app) => {
        // As @fastify/cookie and session plugins do.
        app.addHook('onSend', async (_request, reply) => {
          reply.header('set-cookie', 'late=3')
        })
        app.addHook('onRequest', async (_request, reply) => {
          reply.headers(HEADERS).header('set-cookie', 'a=1')
        })
        await app.register(
          sseFastify(hub, {
            ...CHANNELS,
            authorize: ({ request, reply }) => {
              reply.header('set-cookie', 'b=2')
              return request.headers['x-user'] as string
            },
          }),
        )
      }),
    true,
  ],
  [
    'koa',
    (hub) => {
      const app = new Koa()
      app.silent = true
      app.use(async (ctx, next) => {
        ctx.set(HEADERS)
        ctx.cookies.set('a', '1', { httpOnly: false })
        await next()
        // As koa-session does.
        await new Promise((resolve) => setTimeout(resolve, 5))
        ctx.cookies.set('late', '3', { httpOnly: false })
      })
      app.use(
        sseKoa(hub, {
          ...CHANNELS,
          authorize: ({ ctx }) => {
            ctx.cookies.set('b', '2', { httpOnly: false })
            return ctx.get('x-user')
          },
        }),
      )
      return listen(createServer(app.callback()))
    },
    true,
  ],
  [
    'hono',
    (hub) => {
      const app = new Hono().use(async (c, next) => {
        for (const [name, value] of Object.entries(HEADERS)) c.header(name, value)
        setCookie(c, 'a', '1', { path: '' })
        await next()
        setCookie(c, 'late', '3', { path: '' })
      })
      app.use(
        sseHono(hub, {
          ...CHANNELS,
          authorize: ({ c }) => {
            setCookie(c, 'b', '2', { path: '' })
            return c.req.header('x-user')
          },
        }),
      )
      return listenFetch(app.fetch)
    },
    true,
  ],
]

describe.each(SERVERS)('on %s, headers and cookies of the app', (_, start, isLateKept) => {
  const cookies = ['a=1', 'b=2', ...(isLateKept ? ['late=3'] : [])]
  const open = async () => {
    const hub = testHub()
    const { origin } = await scoped(start(hub))
    const ask = async (user: string, path = '', init: RequestInit = {}) => {
      const response = await fetch(`${origin}/leads/ada${path}`, {
        ...init,
        headers: { ...init.headers, 'x-user': user },
      })
      await response.body?.cancel()
      expect(response.headers.get('x-request-id')).toBe('7')
      expect(response.headers.getSetCookie().map((cookie) => cookie.replace(/;.*/, ''))).toEqual(cookies)
      return response
    }
    return { hub, ask }
  }

  it('are kept on a stream, where the app’s cache-control wins and the content type is the stream’s', async () => {
    const response = await (await open()).ask('ada')
    expect(response.status).toBe(200)
    expect(response.headers.get('cache-control')).toBe('private, no-transform')
    expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8')
  })

  it('are kept on a refusal, except cache-control', async () => {
    const response = await (await open()).ask('')
    expect(response.status).toBe(401)
    expect(response.headers.get('cache-control')).toBe('no-store')
    expect(response.headers.get('content-type')).toMatch(/^application\/json/)
  })

  it('are kept on an acknowledgement, except cache-control', async () => {
    const { hub, ask } = await open()
    const id = await hub.publish('everyone', 'count', 1)
    const response = await ask('ada', '/ack', { method: 'POST', headers: { 'last-event-id': id } })
    expect(response.status).toBe(204)
    expect(response.headers.get('cache-control')).toBe('no-store')
  })
})

class Deny implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    return Reflect.getMetadata('role', context.getHandler()) === 'open'
  }
}

describe.each([
  ['express', () => new ExpressAdapter()],
  ['fastify', () => new FastifyAdapter()],
])('on nest over %s, guards and metadata', (_, adapter) => {
  it('apply whether they stand above or below the decorator', async () => {
    const hub = testHub()
    @Controller('above')
    class Above {
      @UseGuards(Deny)
      @SetMetadata('role', 'closed')
      @sseNest(hub, CHANNELS)
      stream() {
        return true
      }
    }
    @Controller('below')
    class Below {
      @sseNest(hub, CHANNELS)
      @UseGuards(Deny)
      @SetMetadata('role', 'closed')
      stream() {
        return true
      }
    }
    @Controller('open')
    class Open {
      @sseNest(stream)
      @UseGuards(Deny)
      @SetMetadata('role', 'open')
      async *stream() {}
    }
    for (const [controller, path, status] of [
      [Above, '/above/leads/ada', 403],
      [Below, '/below/leads/ada', 403],
      [Open, '/open/leads/ada', 200],
    ] as const) {
      const { origin } = await scoped(listenNest(controller, adapter()))
      const response = await fetch(origin + path)
      await response.body?.cancel()
      expect(response.status).toBe(status)
      if (status === 403) {
        expect((await fetch(`${origin}${path}/ack`, { method: 'POST' })).status).toBe(403)
      }
    }
  })
})
