import type { FastifyInstance, FastifyPluginCallback, FastifyReply, FastifyRequest } from 'fastify'
import { defineAdapter } from '../http/define-adapter.ts'
import type { Answer } from '../http/exchange.ts'
import type { Sse } from '../http/sse.ts'
import { serveNode } from '../node/serve-node.ts'
import { definePublishHandler, type MakePublishHandler } from '../publish/publish-handler.ts'
import { fastifyResponder } from './fastify-responder.ts'

/** The framework's objects in the context of a Fastify handler. */
export interface FastifyNative {
  readonly request: FastifyRequest
  readonly reply: FastifyReply
}

export type FastifyHandler = (request: FastifyRequest, reply: FastifyReply) => void

/**
 * Makes a stream for Fastify: `app.get(leads.path, sse(leads, source))`, or `app.register(sse(hub, options))`, a plugin
 * that adds the contract's path and those below it, under the `prefix` it is registered with. The same for runs.
 *
 * Hooks run as for any reply, `onSend` with a payload that is no text. Other methods are left to Fastify.
 */
export const sse: Sse<FastifyNative, FastifyHandler, FastifyPluginCallback> = defineAdapter({
  handle: (endpoint) => handlerOf(endpoint.stream),
  mount: (endpoint) => (app: FastifyInstance, _options, done) => {
    for (const { path: url, methods, answer } of endpoint.routes) {
      app.route({ method: [...methods], url, exposeHeadRoute: false, handler: handlerOf(answer) })
    }
    done()
  },
})

/**
 * Makes an endpoint for Fastify, at which programs in other languages publish: `app.post('/publish', publishHandler(hub,
 * options))`. Fastify's own parser reads the body, so that its `bodyLimit` applies first.
 *
 * @see docs/guides/publish-from-other-programs.md
 * @throws {SseError} `option_invalid`.
 */
export const publishHandler: MakePublishHandler<FastifyNative, FastifyHandler> =
  /* @__PURE__ */ definePublishHandler((endpoint) => handlerOf(endpoint.stream))

function handlerOf(answer: Answer<FastifyNative>): FastifyHandler {
  return (request, reply) => {
    const { raw: req } = request
    const params = request.params as Record<string, string>
    const exchange = {
      req,
      res: reply.raw,
      native: { request, reply },
      responder: fastifyResponder(reply),
      parsedBody: () => request.body,
    }
    serveNode({ answer, params }, exchange).catch((error) => reply.send(error))
  }
}
