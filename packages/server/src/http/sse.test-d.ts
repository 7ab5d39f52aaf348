import { defineStream, type } from '@sse/contract'
import type { Request as ExpressRequest, Response as ExpressResponse } from 'express'
import express from 'express'
import fastify, { type FastifyReply, type FastifyRequest } from 'fastify'
import { Hono, type Context as HonoContext } from 'hono'
import Koa, { type Context as KoaContext } from 'koa'
import { expectTypeOf, test } from 'vitest'
import { sse as sseExpress } from '../adapters/express.ts'
import { sse as sseFastify } from '../adapters/fastify.ts'
import { sse as sseHono } from '../adapters/hono.ts'
import { sse as sseKoa } from '../adapters/koa.ts'
import { type NestNative, sse as sseNest } from '../adapters/nest.ts'
import { type StreamContext, sse } from '../index.ts'
import { type NodeRequest, sse as sseNode } from '../node/node.ts'

const leads = defineStream({
  path: '/leads/:owner',
  events: { lead: type<{ id: string }>(), count: type<number>() },
})

test('the context has the parameters of the path and the events of the contract', () => {
  sse(leads, async function* ({ params, event, signal, lastEventId, request }) {
    expectTypeOf(params).toEqualTypeOf<{ readonly owner: string }>()
    expectTypeOf(signal).toEqualTypeOf<AbortSignal>()
    expectTypeOf(lastEventId).toEqualTypeOf<string | undefined>()
    expectTypeOf(request).toEqualTypeOf<Request>()
    yield event('count', 1)
    yield { event: 'lead', data: { id: '1' }, id: '7' } as const
    // @ts-expect-error no such event
    yield event('leads', 1)
  })
})

test('any source of the right items is taken, and no other', () => {
  sse(leads, [{ event: 'count', data: 1 }])
  sse(leads, ({ event }) => [event('count', 1)])
  sse(leads, async ({ event }) => [event('lead', { id: '1' })])
  sse(
    leads,
    ({ event }) => new ReadableStream({ start: (controller) => controller.enqueue(event('count', 1)) }),
  )
  // @ts-expect-error a stream with a contract yields its events
  sse(leads, async function* () {
    yield { data: 1 }
  })
  // @ts-expect-error not iterable
  sse(leads, () => 1)
})

test('a stream without a contract yields plain messages', () => {
  sse(async function* ({ params, lastEventId }) {
    expectTypeOf(params).toEqualTypeOf<Readonly<Record<string, string>>>()
    expectTypeOf(lastEventId).toEqualTypeOf<string | undefined>()
    yield { data: 1 }
    yield { data: { any: 'thing' }, event: 'tick', id: '1', retry: 100 }
  })
  sse([{ data: 1 }], { heartbeatMs: 1_000 })
})

test('authorize and onError get the same context', () => {
  sse(leads, [], {
    authorize: ({ params, request }) => request.headers.has(params.owner),
    onError: (error, { request }) => console.error(request.url, error),
    retryMs: 1_000,
    maxEventBytes: 1_000,
  })
  // @ts-expect-error no such option
  sse(leads, [], { retry: 1_000 })
})

test('they get it without a contract too, beside a source that has one of its own', () => {
  sse(
    async function* ({ signal }) {
      yield { data: signal.aborted }
    },
    {
      authorize: ({ request }) => expectTypeOf(request).toEqualTypeOf<Request>(),
      onError: (_, { signal }) => expectTypeOf(signal).toEqualTypeOf<AbortSignal>(),
    },
  )
  // @ts-expect-error nothing a client could read
  sse(async function* ({ signal }) {
    yield { payload: signal.aborted }
  })
  // @ts-expect-error ids are text
  sse([{ data: 1, id: 7 }])
})

test('each framework mounts it in one line, with its own context', () => {
  express().get(
    leads.path,
    sseExpress(leads, async function* ({ req, res, params, event }) {
      expectTypeOf(req).toEqualTypeOf<ExpressRequest>()
      expectTypeOf(res).toEqualTypeOf<ExpressResponse>()
      yield event('lead', { id: params.owner })
    }),
  )
  fastify().get(
    leads.path,
    sseFastify(leads, async function* ({ request, reply, params, event }) {
      expectTypeOf(request).toEqualTypeOf<FastifyRequest>()
      expectTypeOf(reply).toEqualTypeOf<FastifyReply>()
      yield event('lead', { id: params.owner })
    }),
  )
  new Hono().get(
    leads.path,
    sseHono(leads, async function* ({ c, params, event }) {
      expectTypeOf(c).toEqualTypeOf<HonoContext>()
      yield event('lead', { id: params.owner })
    }),
  )
  new Koa().use(
    sseKoa(leads, async function* ({ ctx, params, event }) {
      expectTypeOf(ctx).toEqualTypeOf<KoaContext>()
      yield event('lead', { id: params.owner })
    }),
  )
  sseNode(leads, async function* ({ req, event }) {
    expectTypeOf(req).toEqualTypeOf<NodeRequest>()
    yield event('count', 1)
  })
  class LeadsController {
    @sseNest(leads)
    async *stream({ params, event, req }: StreamContext<typeof leads> & NestNative) {
      yield event('lead', { id: params.owner + req.url })
    }
    // @ts-expect-error the method must give the contract's events
    @sseNest(leads)
    wrong() {
      return 1
    }
  }
  expectTypeOf(LeadsController).toBeConstructibleWith()
})
