import type { Context, MiddlewareHandler } from 'hono'
import { defineAdapter } from '../http/define-adapter.ts'
import type { Endpoint } from '../http/endpoint.ts'
import type { Answer } from '../http/exchange.ts'
import { findRoute } from '../http/find-route.ts'
import type { Sse } from '../http/sse.ts'
import { definePublishHandler, type MakePublishHandler } from '../publish/publish-handler.ts'
import { type MakeResponse, serveWeb } from '../web/serve-web.ts'

/** The framework's objects in the context of a Hono handler. */
export interface HonoNative {
  readonly c: Context
}

export type HonoHandler = (c: Context) => Promise<Response>

/**
 * Makes a stream for Hono: `app.get(leads.path, sse(leads, source))` with the router's parameters, or
 * `app.use(sse(hub, options))`, which recognises the contract's path itself.
 *
 * Headers and cookies set on the context are kept.
 */
export const sse: Sse<HonoNative, HonoHandler, MiddlewareHandler> = defineAdapter({
  handle: handlerOf,
  mount: (endpoint) => async (c, next) => {
    const route = findMounted(endpoint, c.req)
    if (!route) return next()
    return serve(c, route.answer, route.params)
  },
})

/**
 * Makes an endpoint for Hono, at which programs in other languages publish: `app.post('/publish', publishHandler(hub,
 * options))`. It may stand behind middleware that has read the body with `c.req.json()` and the like.
 *
 * @see docs/guides/publish-from-other-programs.md
 * @throws {SseError} `option_invalid`.
 */
export const publishHandler: MakePublishHandler<HonoNative, HonoHandler> =
  /* @__PURE__ */ definePublishHandler(handlerOf)

function handlerOf(endpoint: Endpoint<HonoNative>): HonoHandler {
  return (c) => serve(c, endpoint.stream, c.req.param())
}

function serve(c: Context, answer: Answer<HonoNative>, params: Record<string, string>): Promise<Response> {
  // Bun's server is the environment, or a member of it.
  const host = c.env?.server ?? c.env
  // Hono keeps what was read through its request.
  const parsedBody = () => c.req.arrayBuffer().catch(() => undefined)
  const exchange = { request: c.req.raw, native: { c }, host, respond: responderOf(c), parsedBody }
  return serveWeb({ answer, params }, exchange)
}

function responderOf(c: Context): MakeResponse {
  return (status, headers, body) => {
    const isStream = typeof body === 'object' && body !== null
    const isOverridden = isStream && c.res.headers.has('cache-control')
    for (const [name, value] of Object.entries(headers)) {
      if (!isOverridden || name !== 'cache-control') c.header(name, value, { append: name === 'vary' })
    }
    return c.newResponse(body, status as 200)
  }
}

/**
 * Finds the route under the prefix the middleware is mounted at: Hono does not strip it from the path. A prefix with
 * parameters, and a route of the app's own choice, may be of any length.
 */
function findMounted(endpoint: Endpoint<HonoNative>, { method, path, routePath }: Context['req']) {
  const [, prefix] = /^([^:*{]*)\/\*$/.exec(routePath) ?? []
  if (prefix === undefined) return findRoute(endpoint, method, path)
  return findRoute(endpoint, method, path.slice(prefix.length), 'exact')
}
