import 'reflect-metadata'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import { createServer as createHttp2Server, type Http2ServerRequest } from 'node:http2'
import type { AddressInfo } from 'node:net'
import fastifyCors from '@fastify/cors'
import { serve } from '@hono/node-server'
import Router from '@koa/router'
import { Controller, Module } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { ExpressAdapter } from '@nestjs/platform-express'
import { FastifyAdapter } from '@nestjs/platform-fastify'
import { defineStream, type } from '@sse/contract'
import compression from 'compression'
import cors from 'cors'
import express from 'express'
import fastify from 'fastify'
import { Hono } from 'hono'
import { cors as honoCors } from 'hono/cors'
import Koa from 'koa'
import type { StreamContext, StreamOptions } from '../arguments.ts'
import { sse as sseExpress } from '../express.ts'
import { sse as sseFastify } from '../fastify.ts'
import { sse as sseHono } from '../hono.ts'
import { sse as sseWeb } from '../index.ts'
import { sse as sseKoa } from '../koa.ts'
import { sse as sseNest } from '../nest.ts'
import { sse as sseNode } from '../node.ts'
import type { Opened, Yielded } from '../source.ts'
import { fetchHttp2 } from './fetch-http2.ts'

export const stream = defineStream({
  path: '/leads/:owner',
  events: { count: type<number>(), text: type<string>() },
})

type Context = StreamContext<typeof stream>
export type TestSource = (context: Context) => Opened<Yielded<typeof stream>>
export type TestOptions = StreamOptions<Context>

export interface RunningServer {
  origin: string
  close(): Promise<void>
}

/** Serves `stream` under a prefix, to GET and (but for Nest) to POST, whose body is read first as apps do. */
export type Start = (source: TestSource, options?: TestOptions, prefix?: string) => Promise<RunningServer>

export async function listen(server: Server | ReturnType<typeof createHttp2Server>): Promise<RunningServer> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        if ('closeAllConnections' in server) server.closeAllConnections()
      }),
  }
}

async function readBody(req: IncomingMessage | Http2ServerRequest): Promise<void> {
  if (req.method === 'POST') for await (const _ of req);
}

export const startNode: Start = (source, options) => {
  const handler = sseNode(stream, source, options)
  return listen(createServer((req, res) => void readBody(req).then(() => handler(req, res))))
}

export const startHttp2: Start = (source, options) => {
  const handler = sseNode(stream, source, options)
  return listen(createHttp2Server((req, res) => void readBody(req).then(() => handler(req, res))))
}

/** With the middleware that apps have: CORS for any origin, and a compressor. */
export const startExpress: Start = (source, options, prefix = '/') => {
  const router = express.Router()
  router.get(stream.path, sseExpress(stream, source, options))
  router.post(stream.path, express.json(), sseExpress(stream, source, options))
  return listen(createServer(express().use(cors(), compression()).use(prefix, router)))
}

export const startFastify: Start = async (source, options, prefix = '') => {
  const app = fastify()
  await app.register(fastifyCors)
  await app.register(
    async (scope) => {
      scope.get(stream.path, sseFastify(stream, source, options))
      scope.post(stream.path, sseFastify(stream, source, options))
    },
    { prefix },
  )
  await app.listen({ port: 0, host: '127.0.0.1' })
  const { port } = app.server.address() as AddressInfo
  return {
    origin: `http://127.0.0.1:${port}`,
    close: () => {
      app.server.closeAllConnections()
      return app.close()
    },
  }
}

export const startKoa: Start = (source, options, prefix = '') => {
  const router = new Router({ prefix })
  router.all(stream.path, sseKoa(stream, source, options))
  const app = new Koa()
  app.use(async (ctx, next) => {
    ctx.set('access-control-allow-origin', '*')
    await readBody(ctx.req)
    await next()
  })
  return listen(createServer(app.use(router.routes()).callback()))
}

export const startHono: Start = (source, options, prefix = '') => {
  const app = new Hono().use(honoCors()).use(async (c, next) => {
    if (c.req.method === 'POST') await c.req.text()
    await next()
  })
  app.all(prefix + stream.path, sseHono(stream, source, options))
  return startFetch(app.fetch)
}

/** The root's `Request → Response`, behind a Node server that speaks Fetch. */
export const startWeb: Start = (source, options) => {
  const handler = sseWeb(stream, source, options)
  return startFetch(async (request) => {
    if (request.method === 'POST') await request.text()
    const response = await handler(request)
    response.headers.set('access-control-allow-origin', '*')
    return response
  })
}

async function startFetch(fetch: (request: Request) => Response | Promise<Response>): Promise<RunningServer> {
  const server = serve({ fetch, port: 0, hostname: '127.0.0.1' }) as Server
  if (!server.listening) await new Promise((resolve) => server.once('listening', resolve))
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function nest(adapter: () => ExpressAdapter | FastifyAdapter): Start {
  return async (source, options, prefix = '') => {
    @Controller()
    class LeadsController {
      /** Read through `this`: the decorated method keeps its controller. */
      readonly source = source

      @sseNest(stream, options)
      stream(context: Context) {
        return this.source(context)
      }
    }
    @Module({ controllers: [LeadsController] })
    class AppModule {}
    const app = await NestFactory.create(AppModule, adapter(), { logger: false })
    app.setGlobalPrefix(prefix)
    app.enableCors()
    await app.listen(0, '127.0.0.1')
    const server = app.getHttpServer()
    return {
      origin: `http://127.0.0.1:${server.address().port}`,
      close: () => {
        server.closeAllConnections()
        return app.close()
      },
    }
  }
}

export const startNestOnExpress: Start = nest(() => new ExpressAdapter())
export const startNestOnFastify: Start = nest(() => new FastifyAdapter())

interface Adapter {
  name: string
  start: Start
  /** How a client asks it. */
  fetch: (url: string, init?: RequestInit) => Promise<Response>
  /** Whether it is set up with a CORS middleware of its own. */
  hasCors: boolean
}

/** Every adapter, each with the middleware of its framework. */
export const ADAPTERS: Adapter[] = [
  { name: 'node', start: startNode, fetch, hasCors: false },
  { name: 'node http2', start: startHttp2, fetch: fetchHttp2, hasCors: false },
  { name: 'express', start: startExpress, fetch, hasCors: true },
  { name: 'fastify', start: startFastify, fetch, hasCors: true },
  { name: 'koa', start: startKoa, fetch, hasCors: true },
  { name: 'hono', start: startHono, fetch, hasCors: true },
  { name: 'web', start: startWeb, fetch, hasCors: true },
  { name: 'nest on express', start: startNestOnExpress, fetch, hasCors: true },
  { name: 'nest on fastify', start: startNestOnFastify, fetch, hasCors: true },
]
