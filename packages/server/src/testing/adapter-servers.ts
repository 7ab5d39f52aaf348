import 'reflect-metadata'
import { createServer, type Server } from 'node:http'
import { createServer as createHttp2Server } from 'node:http2'
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

export const stream = defineStream({
  path: '/leads/:owner',
  events: { count: type<number>(), text: type<string>() },
})

type Context = StreamContext<typeof stream>
export type TestSource = (context: Context) => AsyncGenerator<ReturnType<Context['event']>>
export type TestOptions = StreamOptions<Context>

export interface RunningServer {
  origin: string
  close(): Promise<void>
}

type Start = (source: TestSource, options?: TestOptions) => Promise<RunningServer>

async function listen(server: Server | ReturnType<typeof createHttp2Server>): Promise<RunningServer> {
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

export const startNode: Start = (source, options) => listen(createServer(sseNode(stream, source, options)))

export const startHttp2: Start = (source, options) =>
  listen(createHttp2Server(sseNode(stream, source, options)))

/** With the middleware that apps have: CORS for any origin, and a compressor. */
export const startExpress: Start = (source, options) => {
  const app = express().use(cors(), compression())
  app.get(stream.path, sseExpress(stream, source, options))
  app.post(stream.path, express.json(), sseExpress(stream, source, options))
  return listen(createServer(app))
}

export const startFastify: Start = async (source, options) => {
  const app = fastify()
  await app.register(fastifyCors)
  app.get(stream.path, sseFastify(stream, source, options))
  app.post(stream.path, sseFastify(stream, source, options))
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

export const startKoa: Start = (source, options) => {
  const router = new Router()
  router.all(stream.path, sseKoa(stream, source, options))
  const app = new Koa()
  app.use((ctx, next) => {
    ctx.set('access-control-allow-origin', '*')
    return next()
  })
  return listen(createServer(app.use(router.routes()).callback()))
}

export const startHono: Start = (source, options) => {
  const app = new Hono().use(honoCors()).all(stream.path, sseHono(stream, source, options))
  return startFetch(app.fetch)
}

/** The root's `Request → Response`, behind a Node server that speaks Fetch. */
export const startWeb: Start = (source, options) => {
  const handler = sseWeb(stream, source, options)
  return startFetch(async (request) => {
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
  return async (source, options) => {
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

/** Every adapter over HTTP/1.1; all but the first set CORS headers of their own. */
export const ADAPTERS: { name: string; start: Start; hasCors: boolean }[] = [
  { name: 'node', start: startNode, hasCors: false },
  { name: 'express', start: startExpress, hasCors: true },
  { name: 'fastify', start: startFastify, hasCors: true },
  { name: 'koa', start: startKoa, hasCors: true },
  { name: 'hono', start: startHono, hasCors: true },
  { name: 'web', start: startWeb, hasCors: true },
  { name: 'nest on express', start: startNestOnExpress, hasCors: true },
  { name: 'nest on fastify', start: startNestOnFastify, hasCors: true },
]
