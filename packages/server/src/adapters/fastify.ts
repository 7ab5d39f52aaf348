import type { StreamContract } from '@sse/contract'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { AckArguments } from '../http/ack-handler.ts'
import { readArguments, type StreamArguments } from '../http/arguments.ts'
import { createNodeAck, createNodeStream } from '../node/node.ts'
import type { UntypedEvent } from '../stream/source.ts'
import { hijack } from './hijack.ts'

/** What a Fastify handler's context has of its own. */
export interface FastifyNative {
  readonly request: FastifyRequest
  readonly reply: FastifyReply
}

export type FastifyHandler = (request: FastifyRequest, reply: FastifyReply) => Promise<void>

/**
 * Streams a source as a Fastify 5 handler: `app.get(leads.path, sse(leads, source))`.
 *
 * The reply is hijacked: what plugins set on it before (CORS, cookies) is kept, `onSend` hooks do not run. See
 * `sse` of `@sse/server` for what a source may do.
 *
 * @throws {SseError} `option_invalid`, `source_invalid`, at definition time.
 */
export function sse<Contract extends StreamContract>(
  contract: Contract,
  ...rest: StreamArguments<Contract, FastifyNative>
): FastifyHandler
export function sse<Item extends UntypedEvent>(
  ...rest: StreamArguments<undefined, FastifyNative, Item>
): FastifyHandler
export function sse(...given: unknown[]): FastifyHandler {
  const stream = createNodeStream<FastifyNative>(readArguments(given))
  return (request, reply) => {
    const params = request.params as Record<string, string>
    return stream({ req: request.raw, res: hijack(reply), params, native: { request, reply } })
  }
}

/**
 * Takes a subscriber's acknowledgements as a Fastify 5 handler: `app.post(`${leads.path}/ack`, ack(hub, ({ params }) => params.owner))`. The id comes in
 * `Last-Event-ID`, without a body; answers 204.
 *
 * @throws {SseError} `option_invalid`, at definition time.
 */
export function ack<Contract extends StreamContract>(
  ...given: AckArguments<Contract, FastifyNative>
): FastifyHandler {
  const acknowledge = createNodeAck<Contract, FastifyNative>(given)
  return (request, reply) => {
    const params = request.params as Record<string, string>
    return acknowledge({ req: request.raw, res: hijack(reply), params, native: { request, reply } })
  }
}
