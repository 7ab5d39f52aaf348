import { Get, Req, Res } from '@nestjs/common'
import type { StreamContract } from '@sse/contract'
import { readArguments, type StreamContext, type StreamOptions } from '../http/arguments.ts'
import { createNodeStream, type NodeRequest, type NodeResponse } from '../node/node.ts'
import type { Opened, Yielded } from '../stream/source.ts'
import { type HijackableReply, hijack } from './hijack.ts'

/** What a Nest method's context has of its own: Node's objects, whichever platform is below. */
export interface NestNative {
  readonly req: NodeRequest
  readonly res: NodeResponse
}

type NestContext<Contract> = StreamContext<Contract> & NestNative

/** The method that `@sse()` decorates: a source. */
export type NestSource<Contract> = (
  context: NestContext<Contract>,
) => Opened<Yielded<Contract>> | Promise<Opened<Yielded<Contract>>>

export type NestDecorator<Contract> = <Method extends NestSource<Contract>>(
  target: object,
  key: string | symbol,
  descriptor: TypedPropertyDescriptor<Method>,
) => void

/**
 * Makes a Nest 12 controller method the source of a stream, at the contract's path, on Express or Fastify.
 *
 * Guards and pipes run before it and answer with their own status; `this` is the controller, with all that
 * was injected. See `sse` of `@sse/server` for what a source may do.
 *
 * @throws {SseError} `option_invalid` when the class is defined.
 * @example
 * @Controller()
 * class LeadsController {
 *   @sse(leads)
 *   async *stream({ params, event, signal }: StreamContext<typeof leads>) { yield event('count', 1) }
 * }
 */
export function sse<Contract extends StreamContract>(
  contract: Contract,
  options?: StreamOptions<NestContext<Contract>>,
): NestDecorator<Contract> {
  return (target, key, descriptor) => {
    const method = descriptor.value as unknown as (this: unknown, context: unknown) => unknown
    // The controller is known only when the request comes: it travels in the context, out of sight.
    const source = (context: NestContext<Contract>) => method.call(controllers.get(context.req), context)
    const stream = createNodeStream<NestNative>(readArguments([contract, source, options]))
    const handler = async function (
      this: object,
      request: NestRequest,
      response: NodeResponse | HijackableReply,
    ) {
      const req = request.raw ?? request
      controllers.set(req, this)
      const res = 'hijack' in response ? hijack(response) : response
      await stream({ req, res, params: request.params, native: { req, res } })
    }
    descriptor.value = handler as never
    Req()(target, key, 0)
    Res()(target, key, 1)
    Get(contract.path)(target, key, descriptor as TypedPropertyDescriptor<unknown>)
  }
}

type NestRequest = NodeRequest & { raw?: NodeRequest; params: Record<string, string> }

const controllers = new WeakMap<object, object>()
