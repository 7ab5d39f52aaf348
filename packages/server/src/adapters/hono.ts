import type { StreamContract } from '@sse/contract'
import type { Context } from 'hono'
import type { AckArguments } from '../http/ack-handler.ts'
import { readArguments, type StreamArguments } from '../http/arguments.ts'
import type { UntypedEvent } from '../stream/source.ts'
import { createWebAck, createWebStream } from '../web/web.ts'

/** What a Hono handler's context has of its own. */
export interface HonoNative {
  readonly c: Context
}

export type HonoHandler = (c: Context) => Promise<Response>

/**
 * Streams a source as a Hono 4 handler: `app.get(leads.path, sse(leads, source))`.
 *
 * The parameters are the router's; headers set on the context before are kept. See `sse` of `@sse/server` for
 * what a source may do.
 *
 * @throws {SseError} `option_invalid`, `source_invalid`, at definition time.
 */
export function sse<Contract extends StreamContract>(
  contract: Contract,
  ...rest: StreamArguments<Contract, HonoNative>
): HonoHandler
export function sse<Item extends UntypedEvent>(
  ...rest: StreamArguments<undefined, HonoNative, Item>
): HonoHandler
export function sse(...given: unknown[]): HonoHandler {
  const stream = createWebStream<HonoNative>(readArguments(given))
  return (c) => stream({ request: c.req.raw, params: c.req.param(), native: { c } })
}

/**
 * Takes a subscriber's acknowledgements as a Hono 4 handler: `app.post(`${leads.path}/ack`, ack(hub, ({ params }) => params.owner))`. The id comes in
 * `Last-Event-ID`, without a body; answers 204.
 *
 * @throws {SseError} `option_invalid`, at definition time.
 */
export function ack<Contract extends StreamContract>(
  ...given: AckArguments<Contract, HonoNative>
): HonoHandler {
  const acknowledge = createWebAck<Contract, HonoNative>(given)
  return (c) => acknowledge({ request: c.req.raw, params: c.req.param(), native: { c } })
}
