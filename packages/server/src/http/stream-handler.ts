import { isSseError, SseError, type StreamContract } from '@sse/contract'
import { createEventEncoder, END_ID } from '@sse/contract/protocol'
import { report as reportDiagnostic } from '../diagnostics.ts'
import { Connection, type ConnectionSettings } from '../stream/connection.ts'
import { encodeItem } from '../stream/encode-item.ts'
import { shown } from '../stream/error-frame.ts'
import type { SettledArguments } from './arguments.ts'
import { checkLastEventId } from './last-event-id.ts'

/** A request as every framework can tell it. */
export interface StreamRequest<Native> {
  method: string
  /** Decoded, but not checked. */
  lastEventId: string | undefined
  params: Readonly<Record<string, string | undefined>>
  native: Native
}

/** The answer: a body that is there, or a stream that `connection.start(sink)` begins. */
export interface StreamReply {
  status: number
  headers: Record<string, string>
  body: string
  connection: Connection | undefined
}

/** A request being answered: `connection` hears of a client that leaves, `reply` may take as long as `authorize`. */
export interface StreamExchange {
  connection: Connection
  reply: Promise<StreamReply>
}

export type StreamHandler<Native> = (request: StreamRequest<Native>) => StreamExchange

/** @see docs/PROTOCOL.md#response */
const STREAM_HEADERS = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-cache, no-transform',
  'x-accel-buffering': 'no',
}

const DEFAULT_MAX_EVENT_BYTES = 1_048_576
const DEFAULT_HEARTBEAT_MS = 15_000
const DEFAULT_STALL_TIMEOUT_MS = 60_000
const DEFAULT_STATUS: Readonly<Record<string, number>> = {
  unauthorized: 401,
  forbidden: 403,
  not_found: 404,
  last_event_id_invalid: 400,
  ack_invalid: 409,
}

/** The part of `sse()` that no framework changes. */
export function createStreamHandler<Native>({
  contract,
  source,
  options,
}: SettledArguments): StreamHandler<Native> {
  const { authorize, hub } = options
  const maxEventBytes = options.maxEventBytes ?? DEFAULT_MAX_EVENT_BYTES
  const path = contract?.path ?? 'the stream'
  const event = contract && createEventEncoder(contract, maxEventBytes)
  const settings: ConnectionSettings = {
    path,
    heartbeatMs: contract?.heartbeatMs ?? options.heartbeatMs ?? DEFAULT_HEARTBEAT_MS,
    retryMs: options.retryMs,
    stallTimeoutMs: options.stallTimeoutMs ?? DEFAULT_STALL_TIMEOUT_MS,
    maxConnectionMs: options.maxConnectionMs ?? Number.POSITIVE_INFINITY,
    reauthorizeMs: options.reauthorizeMs ?? Number.POSITIVE_INFINITY,
    encode: (item) => encodeItem(item, path, event, maxEventBytes),
    authorize: (context) => authorize?.(context),
    onError: (error, context) => tell(options.onError, error, context),
  }

  return (request) => {
    const { native, params } = request
    const lastEventId = request.lastEventId || undefined // an empty one is what a reset leaves behind
    const connection = new Connection(settings, lastEventId)
    const context = Object.assign(new Context(connection, params, event, lastEventId), native)
    connection.context = context

    async function answer(): Promise<StreamReply> {
      checkParams(contract, params)
      checkLastEventId(lastEventId)
      if (authorize && (await authorize(context)) === false) {
        throw new SseError('forbidden', 'This stream is not open to you')
      }
      if (lastEventId === END_ID) return { status: 204, headers: {}, body: '', connection: undefined }
      if (request.method === 'HEAD')
        return { status: 200, headers: STREAM_HEADERS, body: '', connection: undefined }
      if (!connection.isClosed) {
        hub?.['@sse/admit'](connection)
        await connection.prepare(() => (typeof source === 'function' ? source(context) : source))
      }
      return { status: 200, headers: STREAM_HEADERS, body: '', connection }
    }

    return {
      connection,
      // Not in this turn: the adapter first gets to say that the client is gone already.
      reply: Promise.resolve()
        .then(answer)
        .catch((error) => {
          connection.report(error)
          connection.gone()
          const refused = refusal(error)
          const { code } = shown(error)
          reportDiagnostic('sse.connection.rejected', { path, code, status: refused.status })
          return refused
        }),
    }
  }
}

/** What the app's functions are given. A class, so that the signal is made when it is first asked for. */
class Context {
  readonly #connection: Connection
  readonly params: Readonly<Record<string, string | undefined>>
  readonly event: unknown
  readonly lastEventId: string | undefined

  constructor(
    connection: Connection,
    params: Readonly<Record<string, string | undefined>>,
    event: unknown,
    lastEventId: string | undefined,
  ) {
    this.#connection = connection
    this.params = params
    this.event = event
    this.lastEventId = lastEventId
  }

  get signal(): AbortSignal {
    return this.#connection.signal
  }
}

function tell(onError: SettledArguments['options']['onError'], error: unknown, context: unknown): void {
  try {
    if (onError) onError(error, context)
    else if (!isSseError(error) || !error.expose) console.error(error)
  } catch (thrown) {
    console.error(thrown)
  }
}

/** An error before the stream has started, as an ordinary HTTP answer. */
export function refusal(error: unknown): StreamReply {
  const body = shown(error)
  const { status, retryAfterMs } = isSseError(error) ? error : {}
  return {
    status: status ?? DEFAULT_STATUS[body.code] ?? 500,
    headers: {
      'content-type': 'application/json',
      'cache-control': 'no-store',
      ...(retryAfterMs === undefined ? {} : { 'retry-after': String(Math.ceil(retryAfterMs / 1_000)) }),
    },
    body: JSON.stringify(body),
    connection: undefined,
  }
}

function checkParams(
  contract: StreamContract | undefined,
  given: Readonly<Record<string, string | undefined>>,
): void {
  for (const [, name] of contract?.path.matchAll(/:(\w+)/g) ?? []) {
    if (typeof given[name as string] !== 'string') {
      throw new SseError(
        'param_missing',
        `The route gives no parameter "${name}"; mount it at the contract's path, ${contract?.path}`,
      )
    }
  }
}
