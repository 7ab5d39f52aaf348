import type { NextFunction, Request, Response } from 'express'
import { defineAdapter } from '../http/define-adapter.ts'
import type { Endpoint } from '../http/endpoint.ts'
import { findRoute } from '../http/find-route.ts'
import type { Sse } from '../http/sse.ts'
import { readPathname, serveNode } from '../node/serve-node.ts'
import { definePublishHandler, type MakePublishHandler } from '../publish/publish-handler.ts'

/** The framework's objects in the context of an Express handler. */
export interface ExpressNative {
  readonly req: Request
  readonly res: Response
}

export type ExpressHandler = (req: Request, res: Response, next: NextFunction) => Promise<void>
export type ExpressMiddleware = (req: Request, res: Response, next: NextFunction) => Promise<void>

/**
 * Makes a stream for Express: `app.get(leads.path, sse(leads, source))` with the router's parameters, or
 * `app.use(sse(hub, options))`, which recognises the contract's path itself, under any `app.use('/prefix', …)`.
 */
export const sse: Sse<ExpressNative, ExpressHandler, ExpressMiddleware> = defineAdapter({
  handle: handlerOf,
  mount: (endpoint) => {
    const mount: ExpressMiddleware = async (req, res, next) => {
      // As a route, the app has chosen the path, which may differ from the contract's in its first segments.
      const match = isRoutedTo(mount, req.route) ? 'tail' : 'exact'
      const route = findRoute(endpoint, req.method, readPathname(req), match)
      if (!route) return next()
      await serve(route, req, res, next)
    }
    return mount
  },
})

/**
 * Makes an endpoint for Express, at which programs in other languages publish: `app.post('/publish', publishHandler(hub,
 * options))`. It may stand behind `express.json()`, whose limits then apply first.
 *
 * @see docs/guides/publish-from-other-programs.md
 * @throws {SseError} `option_invalid`.
 */
export const publishHandler: MakePublishHandler<ExpressNative, ExpressHandler> =
  /* @__PURE__ */ definePublishHandler(handlerOf)

function handlerOf(endpoint: Endpoint<ExpressNative>): ExpressHandler {
  return async (req, res, next) => {
    // Only a wildcard's value is an array, and no contract has one.
    const params = req.params as Record<string, string>
    await serve({ answer: endpoint.stream, params }, req, res, next)
  }
}

/** Express 4 does not wait for promises: errors are passed on by `next`. */
async function serve(
  route: Parameters<typeof serveNode<ExpressNative>>[0],
  req: Request,
  res: Response,
  next: NextFunction,
): Promise<void> {
  try {
    await serveNode(route, { req, res, native: { req, res } })
  } catch (error) {
    next(error)
  }
}

/** `req.route` remains set after the handler of an earlier route has called `next()`. */
function isRoutedTo(handler: ExpressMiddleware, route: Request['route']): boolean {
  const { stack = [] } = (route ?? {}) as { stack?: readonly { handle?: unknown }[] }
  return stack.some(({ handle }) => handle === handler)
}
