import type { Context, Middleware } from 'koa'
import { defineAdapter } from '../http/define-adapter.ts'
import { findRoute } from '../http/find-route.ts'
import type { Sse } from '../http/sse.ts'
import { type Responder, withoutOverridden, writeHead } from '../node/responder.ts'
import { serveNode } from '../node/serve-node.ts'

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
  handle: (endpoint) => async (ctx) => {
    const params = (ctx as RoutedContext).params ?? {}
    await serveNode({ answer: endpoint.stream, params }, exchangeOf(ctx))
  },
  mount: (endpoint) => async (ctx, next) => {
    const match = (ctx as RoutedContext)._matchedRoute === undefined ? 'exact' : 'tail'
    const route = findRoute(endpoint, ctx.method, ctx.path, match)
    if (!route) return next()
    await serveNode(route, exchangeOf(ctx))
  },
})

/** What `@koa/router` adds. */
type RoutedContext = { params?: Record<string, string>; _matchedRoute?: unknown }

function exchangeOf(ctx: Context) {
  return { req: ctx.req, res: ctx.res, native: { ctx }, responder: koaResponder(ctx) }
}

function koaResponder(ctx: Context): Responder {
  return {
    send(status, headers, body) {
      ctx.status = status
      if (body !== '') ctx.body = body
      ctx.set(headers)
    },
    stream(status, headers, begin) {
      ctx.set(withoutOverridden(headers, (name) => ctx.res.hasHeader(name)))
      ctx.status = status
      let isBegun = false
      // Koa reads `respond` once, when all middleware has run: its sign that the app answers by itself.
      Object.defineProperty(ctx, 'respond', {
        get() {
          if (!isBegun) {
            isBegun = true
            writeHead(ctx.res, ctx.status)
            begin()
          }
          return false
        },
        set() {},
      })
    },
  }
}
