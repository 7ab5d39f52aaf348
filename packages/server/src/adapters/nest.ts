import { All, Get, Req, Res } from '@nestjs/common'
import { SseError, type StreamContract } from '@sse/contract'
import { readArguments } from '../http/arguments.ts'
import type { StreamContext } from '../http/context.ts'
import { Endpoint } from '../http/endpoint.ts'
import { findRoute, notFound } from '../http/find-route.ts'
import type { CommonOptions, HubSourceOptions, StreamHub, StreamOptions } from '../http/options.ts'
import type { RunRequest, RunSourceOptions, StreamRuns } from '../http/run-options.ts'
import { type NodeRequest, type NodeResponse, readPathname, serveNode } from '../node/serve-node.ts'
import type { Identity as AnyIdentity, ExpiringIdentity } from '../stream/identity.ts'
import type { Iterated, Yielded } from '../stream/source.ts'
import { type FastifyReplyLike, fastifyResponder } from './fastify-responder.ts'

/** The framework's objects in the context of a Nest method: Node's, on Express and on Fastify. */
export interface NestNative {
  readonly req: NodeRequest
  readonly res: NodeResponse
}

type NestContext<Contract, Identity = unknown> = StreamContext<Contract, Identity> & NestNative
type MaybePromise<Value> = Value | Promise<Value>

/** The method that `@sse(contract)` decorates: a source. */
export type NestSource<Contract> = (
  context: NestContext<Contract>,
) => MaybePromise<Iterated<Yielded<Contract>>>

/** The method that `@sse(hub)` decorates: `authorize`, which returns the identity or refuses. */
export type NestAuthorize<Contract, Identity extends AnyIdentity> = (
  context: NestContext<Contract, undefined>,
) => MaybePromise<Identity | ExpiringIdentity<Identity> | null | undefined | false | '' | 0>

/** Options of a hub's stream in Nest: without `authorize`, which is the decorated method. */
export type NestHubOptions<Contract extends StreamContract, Identity> = CommonOptions<Contract, NestNative> &
  HubSourceOptions<Contract, NestContext<Contract, Identity>>

/** The method that `@sse(runs)` decorates: `authorize`, which returns the identity or refuses. */
export type NestRunAuthorize<Contract, Identity extends AnyIdentity> = (
  context: NestContext<Contract, undefined> & RunRequest,
) => MaybePromise<Identity | ExpiringIdentity<Identity> | null | undefined | false | '' | 0>

/** Options of a run stream in Nest: without `authorize`, which is the decorated method. */
export type NestRunOptions<Contract extends StreamContract, Identity> = CommonOptions<Contract, NestNative> &
  RunSourceOptions<Contract, NestContext<Contract, Identity>>

export type NestDecorator<Decorated> = <Method extends Decorated>(
  target: object,
  key: string | symbol,
  descriptor: TypedPropertyDescriptor<Method>,
) => void

/**
 * Makes a Nest controller method a stream, on Express or Fastify.
 *
 * - `@sse(contract)` on a generator method: the source of the stream, at the contract's path.
 * - `@sse(hub, options)` on a method that returns an identity: `authorize` of a hub's stream, at the contract's path and,
 *   for acknowledgements, at that path and `/ack`. Annotate the context of `channels` to type its identity.
 * - `@sse(runs, options)` on such a method: the same for runs, at the contract's path, and at that path and `/stop` or
 *   `/status`. Annotate the context of `start` to type its identity.
 *
 * Guards, interceptors and metadata of the method apply, whether they stand above or below. `this` is the controller.
 *
 * @throws {SseError} `option_invalid` when the class is defined.
 * @example
 * @Controller()
 * class LeadsController {
 *   @sse(hub, { channels: ({ params }) => `owner:${params.owner}` })
 *   @UseGuards(SignedIn)
 *   leads({ req }: StreamContext<typeof leads> & NestNative) { return userOf(req) }
 * }
 */
export function sse<Contract extends StreamContract, Identity extends AnyIdentity = AnyIdentity>(
  hub: StreamHub<Contract>,
  options: NestHubOptions<Contract, Identity>,
): NestDecorator<NestAuthorize<Contract, Identity>>
export function sse<Contract extends StreamContract, Identity extends AnyIdentity = AnyIdentity>(
  runs: StreamRuns<Contract>,
  options?: NestRunOptions<Contract, Identity>,
): NestDecorator<NestRunAuthorize<Contract, Identity>>
export function sse<Contract extends StreamContract>(
  contract: Contract,
  options?: StreamOptions<Contract, NestNative>,
): NestDecorator<NestSource<Contract>>
export function sse(target: object, options: object = {}): NestDecorator<(context: never) => unknown> {
  return (prototype, key, descriptor) => {
    const method = descriptor.value as unknown as (this: unknown, context: unknown) => unknown
    // The controller is known only when a request arrives; it is found by the request.
    const call = (context: NestNative) => method.call(controllers.get(context.req), context)
    const isMount = 'contract' in target
    const given = isMount ? [target, { ...options, authorize: call }] : [target, options, call]
    if (isMount && 'authorize' in options) {
      throw new SseError('option_invalid', 'sse: the decorated method is authorize; remove the option')
    }
    const endpoint = new Endpoint<NestNative>(readArguments(given))
    const handler = handlerOf(endpoint)
    for (const name of Reflect.getMetadataKeys(method)) {
      Reflect.defineMetadata(name, Reflect.getMetadata(name, method), handler)
    }
    descriptor.value = handler as never
    Req()(prototype, key, 0)
    Res()(prototype, key, 1)
    const paths = new Set(endpoint.routes.map(({ path }) => path))
    const route = isMount ? All([...paths]) : Get(endpoint.contract?.path as string)
    route(prototype, key, descriptor as TypedPropertyDescriptor<unknown>)
  }
}

type NestRequest = NodeRequest & { raw?: NodeRequest; params: Record<string, string> }

const controllers = new WeakMap<object, object>()

function handlerOf(endpoint: Endpoint<NestNative>) {
  return async function (this: object, request: NestRequest, response: NodeResponse | FastifyReplyLike) {
    const req = request.raw ?? request
    controllers.set(req, this)
    const isFastify = 'raw' in response
    const res = isFastify ? response.raw : response
    const isMount = endpoint.routes.length > 0
    const route = isMount
      ? (findRoute(endpoint, req.method ?? 'GET', readPathname(req)) ?? notFound(endpoint))
      : { answer: endpoint.stream, params: request.params }
    const exchange = { req, res, native: { req, res } }
    await serveNode(route, isFastify ? { ...exchange, responder: fastifyResponder(response) } : exchange)
  }
}
