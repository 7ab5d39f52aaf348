import type { StreamContract } from '@sse/contract'
import type { Request, Response } from 'express'
import { readArguments, type StreamArguments } from './arguments.ts'
import { createNodeStream } from './node.ts'
import type { UntypedEvent } from './source.ts'

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
