import 'reflect-metadata'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { serve as serveHono } from '@hono/node-server'
import Router from '@koa/router'
import { Controller, Module } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { ExpressAdapter } from '@nestjs/platform-express'
import { defineStream, type } from '@sse/contract'
import { createHub, memory, type StreamContext, sse as sseWeb } from '@sse/server'
import { aiSdk } from '@sse/server/dialects'
import { sse as sseExpress } from '@sse/server/express'
import { sse as sseFastify } from '@sse/server/fastify'
import { gzip } from '@sse/server/gzip'
import { sse as sseHono } from '@sse/server/hono'
import { sse as sseKoa } from '@sse/server/koa'
import { sse as sseNest } from '@sse/server/nest'
import { sse as sseNode } from '@sse/server/node'
import { serve } from '@sse/test-support/http-server'
import { startProgramServer } from '@sse/test-support/program-server'
import { requirePython } from '@sse/test-support/require-program'
import express from 'express'
import fastify from 'fastify'
import { Hono } from 'hono'
import Koa from 'koa'
import { describe, expect, it, vi } from 'vitest'
import { runDoctor } from './run-doctor.ts'

vi.setConfig({ maxConcurrency: 9 })

const numbers = defineStream({ path: '/numbers', heartbeatMs: 100, events: { number: type<number>() } })

/** Ten events and their ids, with a heartbeat before each. */
async function* count({ event, lastEventId, signal }: StreamContext<typeof numbers>) {
  for (let n = Number(lastEventId ?? 0) + 1; n <= 10; n += 1) {
    yield event('number', n, { id: String(n) })
    await sleep(150, undefined, { signal })
  }
}

interface Serving extends AsyncDisposable {
  readonly origin: string
}

function serving(server: Server, close: () => unknown = () => server.close()): Serving {
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await close()
    },
  }
}

async function listenFetch(fetch: (request: Request) => Response | Promise<Response>): Promise<Serving> {
  const server = serveHono({ fetch, port: 0, hostname: '127.0.0.1' }) as Server
  if (!server.listening) await new Promise((resolve) => server.once('listening', resolve))
  return serving(server)
}

const ADAPTERS: readonly [name: string, start: () => Promise<Serving>][] = [
  ['node', () => serve(sseNode(numbers, count))],
  ['express', () => serve(express().get(numbers.path, sseExpress(numbers, count)))],
  [
    'fastify',
    async () => {
      const app = fastify()
      app.get(numbers.path, sseFastify(numbers, count))
      await app.listen({ port: 0, host: '127.0.0.1' })
      return serving(app.server, () => app.close())
    },
  ],
  [
    'koa',
    () => serve(new Koa().use(new Router().all(numbers.path, sseKoa(numbers, count)).routes()).callback()),
  ],
  ['hono', () => listenFetch(new Hono().all(numbers.path, sseHono(numbers, count)).fetch)],
  ['web', () => listenFetch(sseWeb(numbers, count))],
  [
    'nest',
    async () => {
      @Controller()
      class NumbersController {
        @sseNest(numbers, {})
        stream(context: StreamContext<typeof numbers>) {
          return count(context)
        }
      }
      @Module({ controllers: [NumbersController] })
      class AppModule {}
      const app = await NestFactory.create(AppModule, new ExpressAdapter(), { logger: false })
      await app.listen(0, '127.0.0.1')
      return serving(app.getHttpServer(), () => app.close())
    },
  ],
]

describe.concurrent('the doctor on our own servers', () => {
  it.each(ADAPTERS)('finds nothing wrong with the adapter %s', async (_, start) => {
    await using server = await start()
    const { found, verdicts, code } = await runDoctor(`${server.origin}/numbers`, '--for', '20s')
    expect(found).toEqual([])
    expect(code).toBe(0)
    const unknown = Object.keys(verdicts).filter((id) => verdicts[id] === 'unknown')
    expect(unknown).toEqual(['cors'])
  })

  it('finds nothing wrong with a hub', async () => {
    const hub = createHub(numbers, { engine: memory() })
    await using server = await serve(sseNode(hub, { authorize: () => true, channels: 'everyone' }))
    const timer = setInterval(() => void hub.publish('everyone', 'number', 1), 150)
    const { found, verdicts } = await runDoctor(`${server.origin}/numbers`, '--for', '4s')
    clearInterval(timer)
    expect(found).toEqual([])
    expect(verdicts).toMatchObject({ resume: 'ok', end: 'ok', ids: 'ok', dialect: 'ok' })
    await hub.close()
  })

  it('finds nothing wrong with the stream of an answer for useChat', async () => {
    const chat = defineStream({
      path: '/chat',
      heartbeatMs: 100,
      events: { message: type<{ type: string; id: string; delta: string }>() },
    })
    const answer = sseNode(chat, { dialect: aiSdk() }, async function* ({ event }) {
      for (const delta of ['Hello', ' ', 'world']) {
        yield event('message', { type: 'text-delta', id: '1', delta })
        await sleep(250)
      }
    })
    await using server = await serve(answer)
    const { found, verdicts } = await runDoctor(`${server.origin}/chat`, '--for', '4s')
    expect(found).toEqual([])
    expect(verdicts).toMatchObject({ dialect: 'ok', end: 'ok' })
    expect(verdicts).not.toHaveProperty('resume')
  })

  it('finds nothing wrong with a stream that its hub compresses', async () => {
    const hub = createHub(numbers)
    const options = { authorize: () => true as const, channels: 'all', compression: gzip() }
    await using server = await serve(sseNode(hub, options))
    const timer = setInterval(() => hub.publish('all', 'number', 1), 150)
    const { found, verdicts } = await runDoctor(`${server.origin}/numbers`, '--for', '4s')
    clearInterval(timer)
    await hub.close()
    expect(found).toEqual([])
    expect(verdicts).toMatchObject({ compression: 'ok', resume: 'ok' })
  })
})

const script = (name: string) => fileURLToPath(new URL(`../interop/${name}`, import.meta.url))
const fastapi = requirePython('fastapi', 'uvicorn')
const flask = requirePython('flask')

describe.concurrent('the doctor on Python servers', () => {
  it.skipIf(!fastapi)('finds what streams of FastAPI lack', async () => {
    const start = (port: number) => [script('fastapi_server.py'), String(port)]
    await using server = await startProgramServer(fastapi as string, start)
    const [plain, starlette] = await Promise.all([
      runDoctor(`${server.origin}/stream`, '--for', '4s', '--origin', 'https://app.example'),
      runDoctor(`${server.origin}/starlette/stream`, '--for', '4s'),
    ])
    expect(plain.found).toEqual([
      'caching: There is no cache-control: a cache may store the stream',
      expect.stringMatching(/^no-transform: /),
      expect.stringMatching(/^accel-buffering: /),
      'ids: Events have no ids: what is sent while a client is away is lost to it',
    ])
    expect(plain.code).toBe(0)
    // Its ids are random numbers: whether one repeats before the doctor resumes is chance.
    expect(starlette.found.filter((each) => !each.startsWith('resume: '))).toEqual([
      expect.stringMatching(/^no-transform: /),
      'retry: retry: 10: after a restart all clients reconnect at once',
      expect.stringMatching(/^ids: /),
    ])
    expect(starlette.verdicts).toMatchObject({ heartbeat: 'ok', dialect: 'ok' })
  })

  it.skipIf(!flask)('finds what Flask’s history lacks, and that it resumes and ends', async () => {
    const start = (port: number) => [script('flask_server.py'), String(port)]
    await using server = await startProgramServer(flask as string, start)
    const { found, verdicts } = await runDoctor(`${server.origin}/history/stream`, '--for', '4s')
    expect(found).toEqual([
      expect.stringMatching(/^framing: connection: close/),
      expect.stringMatching(/^caching: /),
      expect.stringMatching(/^no-transform: /),
      expect.stringMatching(/^accel-buffering: /),
    ])
    expect(verdicts).toMatchObject({ ids: 'ok', resume: 'ok', end: 'ok' })
  })
})
