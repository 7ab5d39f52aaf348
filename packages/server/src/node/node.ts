import { defineAdapter } from '../http/define-adapter.ts'
import type { Endpoint } from '../http/endpoint.ts'
import { findRoute, notFound } from '../http/find-route.ts'
import type { Sse } from '../http/sse.ts'
import { definePublishHandler, type MakePublishHandler } from '../publish/publish-handler.ts'
import { type NodeRequest, type NodeResponse, readPathname, serveNode } from './serve-node.ts'

export type { NodeRequest, NodeResponse }

/** The framework's objects in the context of a Node handler. */
export interface NodeNative {
  readonly req: NodeRequest
  readonly res: NodeResponse
}

/**
 * A request listener of `node:http` and `node:http2`. Other paths are answered with 404, or passed to `next` if it is
 * given.
 *
 * @returns a promise that resolves when the response is closed. It never rejects.
 */
export type NodeHandler = (
  req: NodeRequest,
  res: NodeResponse,
  next?: (error?: unknown) => void,
) => Promise<void>

/**
 * Makes a stream as a Node `(req, res)` handler, for HTTP/1.1 and HTTP/2.
 *
 * The contract's path is matched against the last segments of the request's, so that the handler works under any
 * prefix. Headers already set on `res` (CORS, cookies) are kept.
 *
 * @example
 * createServer(sse(leads, async function* ({ event }) { yield event('count', 1) })).listen(3000)
 * createServer(sse(hub, { authorize: ({ req }) => userOf(req), channels: 'everyone' })).listen(3000)
 */
export const sse: Sse<NodeNative, NodeHandler> = defineAdapter({ handle: listenerOf, mount: listenerOf })

/**
 * Makes an endpoint as a Node `(req, res)` handler, at which programs in other languages publish. It answers every path.
 * Below a framework whose parser has read the body, it uses `req.body`.
 *
 * @see docs/guides/publish-from-other-programs.md
 * @throws {SseError} `option_invalid`.
 */
export const publishHandler: MakePublishHandler<NodeNative, NodeHandler> =
  /* @__PURE__ */ definePublishHandler(listenerOf)

function listenerOf(endpoint: Endpoint<NodeNative>): NodeHandler {
  // No `await` until the end: what an async function keeps while it waits is 0.5 KB per connection, this is 0.15.
  return (req, res, next) =>
    new Promise((resolve) => {
      const fail = (error: unknown) => {
        // The answer could not be begun, or `next` threw, and there is no framework to pass the error to.
        console.error(error)
        res.destroy()
        resolve()
      }
      try {
        const route = findRoute(endpoint, req.method ?? 'GET', readPathname(req))
        if (!route && next) {
          next()
          return resolve()
        }
        serveNode(route ?? notFound(endpoint), { req, res, native: { req, res } })
          .then((sink) => sink.onClosed(resolve))
          .catch(fail)
      } catch (error) {
        fail(error)
      }
    })
}
