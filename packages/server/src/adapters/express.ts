import type { StreamContract } from '@sse/contract'
import type { Request, Response } from 'express'
import type { AckArguments } from '../http/ack-handler.ts'
import { readArguments, type StreamArguments } from '../http/arguments.ts'
import { createNodeAck, createNodeStream } from '../node/node.ts'
import type { UntypedEvent } from '../stream/source.ts'

/** What an Express handler's context has of its own. */
export interface ExpressNative {
  readonly req: Request
  readonly res: Response
}

export type ExpressHandler = (req: Request, res: Response) => Promise<void>

/**
 * Streams a source as an Express 5 handler: `app.get(leads.path, sse(leads, source))`.
 *
 * The parameters are the router's. See `sse` of `@sse/server` for what a source may do.
 *
 * @throws {SseError} `option_invalid`, `source_invalid`, at definition time.
 */
export function sse<Contract extends StreamContract>(
  contract: Contract,
  ...rest: StreamArguments<Contract, ExpressNative>
): ExpressHandler
export function sse<Item extends UntypedEvent>(
  ...rest: StreamArguments<undefined, ExpressNative, Item>
): ExpressHandler
export function sse(...given: unknown[]): ExpressHandler {
  const stream = createNodeStream<ExpressNative>(readArguments(given))
  // Only a wildcard's value is a list, and no contract has one.
  return (req, res) =>
    stream({ req, res, params: req.params as Record<string, string>, native: { req, res } })
}

/**
 * Takes a subscriber's acknowledgements as an Express 5 handler: `app.post(`${leads.path}/ack`, ack(hub, ({ params }) => params.owner))`. The id comes in
 * `Last-Event-ID`, without a body; answers 204.
 *
 * @throws {SseError} `option_invalid`, at definition time.
 */
export function ack<Contract extends StreamContract>(
  ...given: AckArguments<Contract, ExpressNative>
): ExpressHandler {
  const acknowledge = createNodeAck<Contract, ExpressNative>(given)
  return (req, res) =>
    acknowledge({ req, res, params: req.params as Record<string, string>, native: { req, res } })
}
