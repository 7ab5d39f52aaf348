import type { Context, Middleware } from 'koa'
import { defineAdapter } from '../http/define-adapter.ts'
import type { Endpoint } from '../http/endpoint.ts'
import { findRoute } from '../http/find-route.ts'
import type { Sse } from '../http/sse.ts'
import { besideSet, type Responder, writeHead } from '../node/responder.ts'
import { serveNode } from '../node/serve-node.ts'
import { definePublishHandler, type MakePublishHandler } from '../publish/publish-handler.ts'

/** The framework's objects in the context of Koa middleware. */
export interface KoaNative {
  readonly ctx: Context
}

/**
 * Makes a stream for Koa: `router.get(leads.path, sse(leads, source))` with the router's parameters, or
 * `app.use(sse(hub, options))`, which recognises the contract's path itself.
 *
 * Koa sends the head after all middleware has run, so that headers and cookies of any middleware are kept.
 */
export const sse: Sse<KoaNative, Middleware> = defineAdapter({
  handle: handlerOf,
  mount: (endpoint) => {
    const mount: Middleware = async (ctx, next) => {
      // As a route, the app has chosen the path, which may differ from the contract's in its first segments.
      const route = findRoute(endpoint, ctx.method, ctx.path, isRoutedTo(mount, ctx) ? 'tail' : 'exact')
      if (!route) return next()
      await serveNode(route, exchangeOf(ctx))
    }
    return mount
  },
})

/**
 * Makes an endpoint for Koa, at which programs in other languages publish: `router.post('/publish', publishHandler(hub,
 * options))`. It may stand behind a body parser, whose limits then apply first.
 *
 * @see docs/guides/publish-from-other-programs.md
 * @throws {SseError} `option_invalid`.
 */
export const publishHandler: MakePublishHandler<KoaNative, Middleware> =
  /* @__PURE__ */ definePublishHandler(handlerOf)

function handlerOf(endpoint: Endpoint<KoaNative>): Middleware {
  return async (ctx) => {
    const params = (ctx as RoutedContext).params ?? {}
    await serveNode({ answer: endpoint.stream, params }, exchangeOf(ctx))
  }
}

/** What `@koa/router` adds: the path's parameters, and every layer that matched, middleware included. */
interface RoutedContext {
  readonly params?: Record<string, string>
  readonly matched?: readonly { readonly methods: readonly string[]; readonly stack: readonly unknown[] }[]
}

function isRoutedTo(mount: Middleware, ctx: Context): boolean {
  const { matched = [] } = ctx as RoutedContext
  return matched.some(({ methods, stack }) => methods.length > 0 && stack.includes(mount))
}

function exchangeOf(ctx: Context) {
  return {
    req: ctx.req,
    res: ctx.res,
    native: { ctx },
    responder: koaResponder(ctx),
    parsedBody: () => (ctx.request as { body?: unknown }).body,
  }
}

function koaResponder(ctx: Context): Responder {
  const send: Responder['send'] = (status, headers, body) => {
    ctx.status = status
    if (body !== '') ctx.body = body
    ctx.set(headers)
  }
  return {
    send,
    stream(status, headers, begin, late) {
      ctx.set(besideSet(headers, (name) => ctx.res.getHeader(name)))
      ctx.status = status
      let isBegun = false
      // Koa reads `respond` once, when all middleware has run: its sign that the app answers by itself.
      Object.defineProperty(ctx, 'respond', {
        get() {
          if (isBegun) return false
          isBegun = true
          const answer = late()
          if (answer) {
            // `vary` may name headers of the app.
            for (const name of Object.keys(headers)) if (name !== 'vary') ctx.remove(name)
            send(answer.status, answer.headers, answer.body)
            return true
          }
          writeHead(ctx.res, ctx.status)
          begin()
          return false
        },
        set() {},
      })
    },
  }
}
