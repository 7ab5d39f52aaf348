import type { StreamContract } from '@sse/contract'
import type { Context, Middleware } from 'koa'
import type { AckArguments } from '../http/ack-handler.ts'
import { readArguments, type StreamArguments } from '../http/arguments.ts'
import { createNodeAck, createNodeStream } from '../node/node.ts'
import type { UntypedEvent } from '../stream/source.ts'

/** What a Koa middleware's context has of its own. */
export interface KoaNative {
  readonly ctx: Context
}

/**
 * Streams a source as Koa 3 middleware: `router.get(leads.path, sse(leads, source))`.
 *
 * The parameters are the router's (`ctx.params`). Koa leaves the response to the stream (`ctx.respond`);
 * headers that middleware set before are kept. See `sse` of `@sse/server` for what a source may do.
 *
 * @throws {SseError} `option_invalid`, `source_invalid`, at definition time.
 */
export function sse<Contract extends StreamContract>(
  contract: Contract,
  ...rest: StreamArguments<Contract, KoaNative>
): Middleware
export function sse<Item extends UntypedEvent>(
  ...rest: StreamArguments<undefined, KoaNative, Item>
): Middleware
export function sse(...given: unknown[]): Middleware {
  const stream = createNodeStream<KoaNative>(readArguments(given))
  return (ctx) => {
    ctx.respond = false
    const params = (ctx as { params?: Record<string, string> }).params ?? {}
    return stream({ req: ctx.req, res: ctx.res, params, native: { ctx } })
  }
}

/**
 * Takes a subscriber's acknowledgements as Koa 3 middleware: `router.post(`${leads.path}/ack`, ack(hub, ({ params }) => params.owner))`. The id comes in
 * `Last-Event-ID`, without a body; answers 204.
 *
 * @throws {SseError} `option_invalid`, at definition time.
 */
export function ack<Contract extends StreamContract>(
  ...given: AckArguments<Contract, KoaNative>
): Middleware {
  const acknowledge = createNodeAck<Contract, KoaNative>(given)
  return (ctx) => {
    ctx.respond = false
    const params = (ctx as { params?: Record<string, string> }).params ?? {}
    return acknowledge({ req: ctx.req, res: ctx.res, params, native: { ctx } })
  }
}
