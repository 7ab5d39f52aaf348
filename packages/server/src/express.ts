import type { StreamContract } from '@sse/contract'
import type { Request, RequestHandler, Response } from 'express'
import { readArguments, type StreamArguments } from './arguments.ts'
import { createNodeStream } from './node.ts'

/** What an Express handler's context has of its own. */
export interface ExpressNative {
  readonly req: Request
  readonly res: Response
}

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
): RequestHandler<any>
export function sse(...rest: StreamArguments<undefined, ExpressNative>): RequestHandler<any>
export function sse(...given: unknown[]): RequestHandler<any> {
  const stream = createNodeStream<ExpressNative>(readArguments(given))
  return (req, res) => stream({ req, res, params: req.params, native: { req, res } })
}
