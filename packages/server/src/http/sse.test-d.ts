import { defineStream, type } from '@sse/contract'
import type { Request as ExpressRequest, Response as ExpressResponse } from 'express'
import express from 'express'
import fastify, { type FastifyReply, type FastifyRequest } from 'fastify'
import { Hono, type Context as HonoContext } from 'hono'
import Koa, { type Context as KoaContext } from 'koa'
import { describe, expectTypeOf, it } from 'vitest'
import { sse as sseExpress } from '../adapters/express.ts'
import { sse as sseFastify } from '../adapters/fastify.ts'
import { sse as sseHono } from '../adapters/hono.ts'
import { sse as sseKoa } from '../adapters/koa.ts'
import { type NestNative, sse as sseNest } from '../adapters/nest.ts'
import { aiSdk, defineDialect, plain } from '../dialects/index.ts'
import { createHub, type StreamContext, sse } from '../index.ts'
import { type NodeRequest, sse as sseNode } from '../node/node.ts'
import { createRuns } from '../runs/index.ts'

const leads = defineStream({
  path: '/leads/:owner',
  events: { lead: type<{ id: string }>(), count: type<number>() },
  channels: ['owner:{owner}', 'everyone'],
})
const hub = createHub(leads)

interface User {
  id: number
  name: string
}
declare function userOf(request: unknown): User | undefined

describe('the option dialect', () => {
  it('takes what defineDialect makes, for a source, a hub and runs', () => {
    const dialect = defineDialect({
      heartbeat: (id) => ({ event: 'beat', data: { id } }),
      end: (end) => (end?.status === 'stopped' ? [] : [{ data: '[DONE]' }]),
      gap: ({ reason, since }, id) => ({ data: { reason, since, id } }),
    })
    sse(leads, { dialect }, [])
    sse({ dialect: aiSdk() }, [{ data: 1 }])
    sse(hub, { dialect: plain({ done: false }), authorize: () => true, channels: 'everyone' })
    sse(createRuns(defineStream({ ...leads, path: '/:run' })), { dialect, authorize: () => true })
    // @ts-expect-error not made by defineDialect
    sse(leads, { dialect: { end: () => undefined } }, [])
    // @ts-expect-error a frame is no event
    defineDialect({ end: () => 'data: [DONE]\n\n' })
    // @ts-expect-error dialects answer at once
    defineDialect({ end: async () => ({ data: 1 }) })
  })
})

describe('sse(contract, source)', () => {
  it('gives the source the parameters of the path and the events of the contract', () => {
    sse(leads, async function* ({ params, event, signal, lastEventId, identity, request }) {
      expectTypeOf(params).toEqualTypeOf<{ readonly owner: string }>()
      expectTypeOf(signal).toEqualTypeOf<AbortSignal>()
      expectTypeOf(lastEventId).toEqualTypeOf<string | undefined>()
      expectTypeOf(identity).toEqualTypeOf<undefined>()
      expectTypeOf(request).toEqualTypeOf<Request>()
      yield event('count', 1)
      yield event('lead', { id: '1' }, { id: '7' })
      // @ts-expect-error no such event
      yield event('leads', 1)
    })
  })

  it('takes any iterable of the contract’s events, and nothing else', () => {
    sse(leads, [])
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
    // @ts-expect-error events are made by event()
    sse(leads, [{ event: 'count', data: 1 }])
    // @ts-expect-error not iterable
    sse(leads, () => 1)
    // @ts-expect-error channels and authorize are a hub's
    sse(leads, { authorize: () => true, channels: 'everyone' })
  })
})

describe('sse(contract, options, source)', () => {
  it('types the identity of the source by what authorize returns', () => {
    sse(leads, { authorize: ({ request }) => userOf(request) }, async function* ({ identity, event }) {
      expectTypeOf(identity).toEqualTypeOf<User>()
      yield event('lead', { id: identity.name })
    })
    sse(leads, { authorize: async ({ request }) => userOf(request) ?? null }, ({ identity }) => {
      expectTypeOf(identity).toEqualTypeOf<User>()
      return []
    })
    sse(leads, { authorize: ({ params }) => params.owner === 'ada' }, ({ identity }) => {
      expectTypeOf(identity).toEqualTypeOf<true>()
      return []
    })
    sse(leads, { authorize: ({ request }) => request.headers.get('user') && userOf(request) }, (context) => {
      expectTypeOf(context.identity).toEqualTypeOf<User>()
      return []
    })
    sse(leads, { authorize: ({ params }): string | false => params.owner }, ({ identity }) => {
      expectTypeOf(identity).toEqualTypeOf<string>()
      return []
    })
    sse(leads, { retryMs: 1_000 }, ({ identity }) => {
      expectTypeOf(identity).toEqualTypeOf<undefined>()
      return []
    })
  })

  it('does not compile when authorize may return something that is not an answer', () => {
    sse(
      leads,
      {
        // @ts-expect-error the return is missing
        authorize: ({ request }) => {
          userOf(request)
        },
      },
      [],
    )
    sse(
      leads,
      {
        // @ts-expect-error the return is missing
        authorize: async ({ request }) => {
          await userOf(request)
        },
      },
      [],
    )
    // @ts-expect-error a Response is not an identity
    sse(leads, { authorize: () => new Response(null, { status: 403 }) }, [])
    // @ts-expect-error neither is a number
    sse(leads, { authorize: () => 1 as number }, [])
    // @ts-expect-error nor an object without an id
    sse(leads, { authorize: () => ({ name: 'Ada' }) }, [])
  })

  it('gives authorize and onError the framework’s context', () => {
    sse(
      leads,
      {
        authorize: ({ params, request, identity }) => {
          expectTypeOf(identity).toEqualTypeOf<undefined>()
          return request.headers.has(params.owner)
        },
        onError: (error, { request }) => console.error(request.url, error),
        retryMs: 1_000,
        maxEventBytes: 1_000,
        hub,
      },
      [],
    )
    // @ts-expect-error no such option
    sse(leads, { retry: 1_000 }, [])
  })
})

describe('sse(source) and sse(options, source)', () => {
  it('yield plain messages', () => {
    sse(async function* ({ params, lastEventId, identity }) {
      expectTypeOf(params).toEqualTypeOf<Readonly<Record<string, string>>>()
      expectTypeOf(lastEventId).toEqualTypeOf<string | undefined>()
      expectTypeOf(identity).toEqualTypeOf<undefined>()
      yield { data: 1 }
      yield { data: { any: 'thing' }, event: 'tick', id: '1', retry: 100 }
    })
    sse({ heartbeatMs: 1_000 }, [{ data: 1 }])
    // @ts-expect-error nothing a client could read
    sse(async function* ({ signal }) {
      yield { payload: signal.aborted }
    })
    // @ts-expect-error ids are text
    sse([{ data: 1, id: 7 }])
    // @ts-expect-error no such option
    sse({ heartbeat: 1_000 }, [{ data: 1 }])
  })

  it('type the identity and the options’ context too', () => {
    sse(
      {
        authorize: ({ request }) => {
          expectTypeOf(request).toEqualTypeOf<Request>()
          return userOf(request)
        },
        onError: (_, { signal }) => expectTypeOf(signal).toEqualTypeOf<AbortSignal>(),
      },
      async function* ({ signal, identity }) {
        expectTypeOf(identity).toEqualTypeOf<User>()
        yield { data: signal.aborted }
      },
    )
  })
})

describe('sse(hub, options)', () => {
  it('types the identity of channels, subscriber and after', () => {
    sse(hub, {
      authorize: ({ request }) => userOf(request),
      channels: ({ identity, params }) => {
        expectTypeOf(identity).toEqualTypeOf<User>()
        return [`owner:${params.owner}`, 'everyone']
      },
      subscriber: ({ identity }) => identity.name,
      after: ({ lastEventId }) => lastEventId,
    })
    sse(hub, { authorize: () => true, channels: 'everyone', subscriber: false })
    sse(hub, { authorize: async () => 'ada', channels: async ({ identity }) => `owner:${identity}` as const })
  })

  it('does not compile without authorize, or when authorize may return something that is not an answer', () => {
    // @ts-expect-error authorize is missing
    sse(hub, { channels: 'everyone' })
    // @ts-expect-error options are missing
    sse(hub)
    sse(hub, {
      // @ts-expect-error the return is missing
      authorize: ({ request }) => {
        userOf(request)
      },
      channels: 'everyone',
    })
    // @ts-expect-error a Response is not an identity
    sse(hub, { authorize: () => new Response(null, { status: 403 }), channels: 'everyone' })
  })

  it('does not compile with a channel that the contract does not declare', () => {
    // @ts-expect-error misspelled
    sse(hub, { authorize: () => true, channels: 'everyon' })
    // @ts-expect-error misspelled
    sse(hub, { authorize: () => true, channels: ({ params }) => `ower:${params.owner}` })
    // @ts-expect-error misspelled
    sse(hub, { authorize: () => true, channels: ({ params }) => [`owner:${params.owner}`, 'everyon'] })
    const free = createHub(defineStream({ path: '/jobs', events: { done: type<boolean>() } }))
    sse(free, { authorize: () => true, channels: 'any' })
  })

  it('does not compile with unknown options', () => {
    // @ts-expect-error no such option
    sse(hub, { authorize: () => true, channels: 'everyone', retry: 1 })
  })
})

describe('the frameworks', () => {
  it('mount a source in one line, with their own context', () => {
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
  })

  it('mount a hub in one line, with their own context', () => {
    express().use(sseExpress(hub, { authorize: ({ req }) => req.get('x-user'), channels: 'everyone' }))
    fastify().register(
      sseFastify(hub, { authorize: ({ request }) => userOf(request), channels: 'everyone' }),
      { prefix: '/api' },
    )
    new Koa().use(sseKoa(hub, { authorize: ({ ctx }) => ctx.get('x-user'), channels: 'everyone' }))
    new Hono().use(sseHono(hub, { authorize: ({ c }) => c.req.header('x-user'), channels: 'everyone' }))
    new Hono().get(
      leads.path,
      sseHono(hub, { authorize: ({ c }) => c.req.header('x-user'), channels: 'everyone' }),
    )
    sseNode(hub, { authorize: ({ req }) => userOf(req), channels: ({ identity }) => `owner:${identity.id}` })
  })

  it('decorate a Nest method', () => {
    class LeadsController {
      @sseNest(leads)
      async *stream({ params, event, req }: StreamContext<typeof leads> & NestNative) {
        yield event('lead', { id: params.owner + req.url })
      }

      // @ts-expect-error the method must return the contract's events
      @sseNest(leads)
      wrong() {
        return 1
      }

      @sseNest(hub, { channels: ({ params }) => `owner:${params.owner}` })
      authorize({ req }: StreamContext<typeof leads> & NestNative) {
        return userOf(req)
      }

      @sseNest(hub, {
        channels: ({ identity }: StreamContext<typeof leads, User> & NestNative) => `owner:${identity.id}`,
      })
      async typed({ req }: NestNative) {
        return userOf(req)
      }

      // @ts-expect-error the method returns another identity than the annotated one
      @sseNest(hub, { channels: ({ identity }: StreamContext<typeof leads, User>) => `owner:${identity.id}` })
      other() {
        return 'ada'
      }

      // @ts-expect-error the return is missing
      @sseNest(hub, { channels: 'everyone' })
      missing({ req }: NestNative) {
        userOf(req)
      }

      // @ts-expect-error misspelled
      @sseNest(hub, { channels: 'everyon' })
      misspelled() {
        return true
      }
    }
    expectTypeOf(LeadsController).toBeConstructibleWith()
  })
})
