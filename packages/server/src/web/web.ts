import { defineAdapter } from '../http/define-adapter.ts'
import type { Endpoint } from '../http/endpoint.ts'
import { findRoute, notFound } from '../http/find-route.ts'
import type { Sse } from '../http/sse.ts'
import { definePublishHandler, type MakePublishHandler } from '../publish/publish-handler.ts'
import { serveWeb } from './serve-web.ts'

/** The framework's objects in the context of a Web handler. */
export interface WebNative {
  readonly request: Request
}

/**
 * A handler that answers a `Request` with a `Response`. It also takes the argument of frameworks that wrap the request
 * (SvelteKit, Astro, React Router: `{ request }`), and as `host` what Bun and `@hono/node-server` pass; other second
 * arguments are ignored.
 */
export type WebHandler = (
  request: Request | { readonly request: Request },
  host?: unknown,
) => Promise<Response>

/**
 * Makes a stream as `Request → Response`, for Next.js route handlers, Bun, Deno, Cloudflare Workers and every runtime
 * with Fetch.
 *
 * The contract's path is matched against the last segments of the request's, so that the handler works under any
 * prefix; another path gets 404. When a source ends, its stream ends for good: a client that reconnects gets 204. What a
 * source throws before its first event becomes an HTTP status; later, `sse.error`.
 *
 * @see docs/reference/protocol.md
 * @example
 * export const GET = sse(leads, async function* ({ params, event, signal }) {
 *   for await (const lead of newLeads(params.owner, signal)) yield event('lead', lead)
 * })
 */
export const sse: Sse<WebNative, WebHandler> = defineAdapter({ handle: handlerOf, mount: handlerOf })

/**
 * Makes an endpoint as `Request → Response`, at which programs in other languages publish: POST of JSON, one event or an
 * array of them, with an `Idempotency-Key` if you like. It answers with the ids.
 *
 * @see docs/guides/publish-from-other-programs.md
 * @throws {SseError} `option_invalid`.
 * @example
 * export const POST = publishHandler(hub, {
 *   authorize: ({ request }) => serviceOf(request.headers.get('authorization')),
 *   allow: ({ identity, event, channel }) => event === 'lead' && channel.startsWith('owner:'),
 * })
 */
export const publishHandler: MakePublishHandler<WebNative, WebHandler> =
  /* @__PURE__ */ definePublishHandler(handlerOf)

function handlerOf(endpoint: Endpoint<WebNative>): WebHandler {
  return async (given, host) => {
    const request = 'request' in given ? given.request : given
    const route = findRoute(endpoint, request.method, new URL(request.url).pathname)
    return serveWeb(route ?? notFound(endpoint), { request, native: { request }, host })
  }
}
