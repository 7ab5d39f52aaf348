import { isSseError, SseError, type StreamContract } from '@sse/contract'
import { createEventEncoder, END_ID, splitPath } from '@sse/contract/protocol'
import { report as reportDiagnostic } from '../diagnostics.ts'
import { NATIVE } from '../dialects/native.ts'
import { logError } from '../log-error.ts'
import { Connection, type ConnectionSettings } from '../stream/connection.ts'
import { encodeItem } from '../stream/encode-item.ts'
import { readAuthorization } from '../stream/identity.ts'
import { NOTHING_TO_STREAM } from '../stream/nothing-to-stream.ts'
import { toPublicError } from '../stream/public-error.ts'
import { isThenable } from '../timing/is-thenable.ts'
import { acceptsGzip } from './accept-encoding.ts'
import { RequestContext } from './context.ts'
import type { Action, MakeSource, StreamDefinition } from './definition.ts'
import type { Answer, Exchange, HttpRequest, MountedRoute } from './exchange.ts'
import { checkLastEventId } from './last-event-id.ts'
import type { GivenOptions } from './options.ts'
import { EMPTY_REPLY, errorReply, headReply, type Reply, streamReply, toRetryReply } from './reply.ts'

const DEFAULT_MAX_EVENT_BYTES = 1_048_576
const DEFAULT_HEARTBEAT_MS = 15_000
const DEFAULT_STALL_TIMEOUT_MS = 60_000

/** One stream on any framework: answers the requests that an adapter recognises. */
export class Endpoint<Native> {
  readonly contract: StreamContract | undefined
  /** The contract's path, split. Empty without a contract. */
  readonly segments: readonly string[]
  /** What a mount answers, the most specific path first. Empty for a stream with a source, which chooses no path. */
  readonly routes: readonly MountedRoute<Native>[]
  readonly #paramNames: readonly string[]
  readonly #definition: StreamDefinition
  readonly #settings: ConnectionSettings
  readonly #event: unknown

  constructor(definition: StreamDefinition) {
    const { contract, options } = definition
    const { retryMs, authorize, onError } = options
    const path = contract?.path ?? definition.only?.name ?? 'the stream'
    const maxEventBytes = options.maxEventBytes ?? DEFAULT_MAX_EVENT_BYTES
    this.contract = contract
    this.segments = splitPath(contract?.path ?? '')
    this.#paramNames = this.segments.flatMap((segment) => (segment.startsWith(':') ? [segment.slice(1)] : []))
    this.#definition = definition
    this.#event = contract && createEventEncoder(contract, maxEventBytes)
    this.#settings = {
      path,
      heartbeatMs: contract?.heartbeatMs ?? options.heartbeatMs ?? DEFAULT_HEARTBEAT_MS,
      retryMs,
      stallTimeoutMs: options.stallTimeoutMs ?? DEFAULT_STALL_TIMEOUT_MS,
      maxConnectionMs: options.maxConnectionMs,
      reauthorizeMs: options.reauthorizeMs ?? Number.POSITIVE_INFINITY,
      control: options.dialect?.['@sse/dialect'] ?? NATIVE,
      compressor: options.compression?.['@sse/compression'](),
      encode: (item) => encodeItem(item, path, contract, maxEventBytes),
      authorize:
        authorize && ((context) => authorize((context as RequestContext).with({ identity: undefined }))),
      onError: (error, context) => reportError(onError, error, context),
    }
    this.routes = this.#makeRoutes()
  }

  /** Answers with the stream, or with what the definition has in place of one. */
  readonly stream: Answer<Native> = (request) => {
    const { only, makeSource } = this.#definition
    return only ? this.#act(request, only) : this.#stream(request, 'follow', makeSource)
  }

  /** Answers without calling the app. */
  refuse(reply: Reply): Answer<Native> {
    return () => ({ connection: new Connection(this.#settings, undefined), reply: Promise.resolve(reply) })
  }

  #makeRoutes(): MountedRoute<Native>[] {
    const { contract, mount } = this.#definition
    if (!contract || !mount) return []
    const { path } = contract
    const { start, actions } = mount
    const { segments } = this
    const routes: MountedRoute<Native>[] = actions.map((action) => ({
      path: `${path === '/' ? '' : path}/${action.name}`,
      segments: [...segments, action.name],
      methods: [action.method],
      answer: (request) => this.#act(request, action),
    }))
    routes.push({ path, segments, methods: ['GET', 'HEAD'], answer: this.stream })
    if (start) {
      const answer: Answer<Native> = (request) => this.#stream(request, 'start', start)
      routes.push({ path, segments, methods: ['POST'], answer })
    }
    return routes
  }

  #stream(request: HttpRequest<Native>, action: string, makeSource: MakeSource): Exchange {
    const isRetried = this.#definition.options.refuse === 'retry' && request.method === 'GET'
    const refuse = isRetried ? (error: unknown) => toRetryReply(errorReply(error)) : errorReply
    const open = (connection: Connection, context: RequestContext) =>
      this.#openStream(request, connection, context, makeSource, refuse)
    return this.#answer(request, request.header ?? request.query, action, open, refuse)
  }

  #act(request: HttpRequest<Native>, { name, answer, refuse }: Action): Exchange {
    const act = async (connection: Connection, context: RequestContext) => {
      await this.#admit(connection, context)
      return answer(context, connection, request)
    }
    return this.#answer(request, request.header, name, act, refuse)
  }

  #answer(
    request: HttpRequest<Native>,
    lastEventId: string | undefined,
    action: string,
    act: (connection: Connection, context: RequestContext) => Promise<Reply>,
    refuse: (error: unknown) => Reply = errorReply,
  ): Exchange {
    const connection = new Connection(this.#settings, lastEventId || undefined) // '' is what a reset leaves behind
    const context = new RequestContext(connection, request.params, this.#event)
    Object.assign(context, request.native, { action })
    connection.context = context
    return { connection, reply: this.#reply(request, connection, () => act(connection, context), refuse) }
  }

  async #reply(
    { whenWritable }: HttpRequest<Native>,
    connection: Connection,
    act: () => Promise<Reply>,
    refuse: (error: unknown) => Reply,
  ): Promise<Reply> {
    try {
      await undefined // the adapter first gets to report that the client has already left
      const writable = whenWritable?.(this.#settings.stallTimeoutMs)
      if (writable) await writable
      connection.throwIfClosed()
      return await act()
    } catch (error) {
      return this.#refuse(connection, error, refuse)
    }
  }

  async #openStream(
    { method, readHeader }: HttpRequest<Native>,
    connection: Connection,
    context: RequestContext,
    makeSource: MakeSource,
    refuse: (error: unknown) => Reply,
  ): Promise<Reply> {
    const { options } = this.#definition
    const admitted = this.#admit(connection, context)
    if (admitted) await admitted
    if (connection.lastEventId === END_ID) return EMPTY_REPLY
    if (connection.isNegotiated) connection.acceptsCoding = acceptsGzip(readHeader('accept-encoding'))
    if (method === 'HEAD') return headReply(connection)
    connection.throwIfClosed()
    options.hub?.['@sse/admit'](connection)
    const prepared = connection.prepare(() => makeSource(context, connection))
    if (prepared) await prepared
    connection.throwIfClosed()
    return streamReply(connection, refuse)
  }

  /** Checks the request and calls `authorize`. Returns a promise only if `authorize` does. */
  #admit(connection: Connection, context: RequestContext): Promise<void> | undefined {
    this.#checkParams(context.params)
    checkLastEventId(connection.lastEventId)
    const { authorize } = this.#definition.options
    if (!authorize) return undefined
    const answer = authorize(context)
    if (isThenable(answer)) return this.#awaitAnswer(connection, context, answer)
    this.#readAnswer(connection, context, answer)
    return undefined
  }

  async #awaitAnswer(
    connection: Connection,
    context: RequestContext,
    answer: PromiseLike<unknown>,
  ): Promise<void> {
    this.#readAnswer(connection, context, await answer)
  }

  #readAnswer(connection: Connection, context: RequestContext, answer: unknown): void {
    const { id, identity, expiresAt } = readAuthorization(answer)
    connection.identity = id
    connection.expiresAt = expiresAt
    context.identity = identity
  }

  #checkParams(given: RequestContext['params']): void {
    for (const name of this.#paramNames) {
      if (typeof given[name] === 'string') continue
      const path = this.contract?.path
      throw new SseError(
        'param_missing',
        `The route has no parameter "${name}"; mount it at the contract's path, ${path}`,
      )
    }
  }

  #refuse(connection: Connection, error: unknown, refuse: (error: unknown) => Reply): Reply {
    if (error === NOTHING_TO_STREAM) {
      connection.gone()
      return EMPTY_REPLY
    }
    connection.report(error)
    const isGone = connection.isClosed && connection.closeReason === undefined
    // A source may end with another error because the connection was closed.
    const refusal = connection.closeReason ?? error
    connection.gone()
    const reply = refuse(refusal)
    const { path } = this.#settings
    if (isGone) return reply
    reportDiagnostic('sse.connection.rejected', {
      path,
      code: toPublicError(refusal).code,
      status: reply.status,
    })
    return reply
  }
}

/** Passes an error to the app. Whatever `onError` throws or rejects with is logged. */
function reportError(onError: GivenOptions['onError'], error: unknown, context: unknown): void {
  try {
    const result = onError ? onError(error, context) : logMasked(error)
    if (isThenable(result)) result.then(undefined, console.error)
  } catch (thrown) {
    console.error(thrown)
  }
}

function logMasked(error: unknown): void {
  if (!isSseError(error) || !error.expose) logError(error)
}
