import type { Answer } from '../http/exchange.ts'
import { decodeLastEventId } from '../http/last-event-id.ts'
import { closedReply } from '../http/reply.ts'
import { type GateRequest, type GateResponse, whenWritable } from '../http/write-gate.ts'
import { webBody } from './web-body.ts'
import { streamBody } from './web-sink.ts'

/** How a framework makes a response, so that what the app has set on it is kept. */
export type MakeResponse = (
  status: number,
  headers: Readonly<Record<string, string>>,
  body: string | ReadableStream<Uint8Array> | null,
) => Response

/** A request, as a framework on Fetch passes it to the bridge. */
export interface WebExchange<Native> {
  readonly request: Request
  readonly native: Native
  /** What the host passes next to the request: Bun's server, or the two objects of Node below the request. */
  readonly host?: unknown
  /** Default: `new Response()`. */
  readonly respond?: MakeResponse
  /** Returns the body as the framework has kept it, where it was read before. Default: it has not. */
  readonly parsedBody?: () => unknown
}

/** What a host may pass next to the request. */
interface Host {
  /** Of Bun. @see https://bun.sh/docs/api/http#server-timeout-request-seconds */
  timeout?: (request: Request, seconds: number) => void
  /** Of `@hono/node-server`. */
  incoming?: GateRequest
  outgoing?: GateResponse
}

/**
 * Default of `maxConnectionMs` where the host may never tell that the client has left: some read a body to its end
 * even if the client is gone, and never abort the request.
 */
const DEFAULT_MAX_CONNECTION_MS = 600_000

const isBun = 'Bun' in globalThis
const isDeno = 'Deno' in globalThis

/** Answers a request with a response: the bridge that every framework on Fetch uses. */
export async function serveWeb<Native>(
  { answer, params }: { answer: Answer<Native>; params: Readonly<Record<string, string | undefined>> },
  { request, native, host, respond = makeResponse, parsedBody = () => undefined }: WebExchange<Native>,
): Promise<Response> {
  const { timeout, incoming, outgoing } = (host ?? {}) as Host
  // Bun ends a response that is quiet for ten seconds, which is before the default heartbeat, unless told otherwise.
  if (isBun) timeout?.call(host, request, 0)
  const header = request.headers.get('last-event-id')
  const { connection, reply } = answer({
    method: request.method,
    header: header === null ? undefined : decodeLastEventId(header),
    query: new URL(request.url).searchParams.get('lastEventId') ?? undefined,
    readHeader: (name) => request.headers.get(name) ?? undefined,
    body: webBody(request, parsedBody),
    params,
    native,
    whenWritable: (timeoutMs) =>
      incoming && outgoing ? whenWritable(incoming, outgoing, timeoutMs, leave) : undefined,
  })
  const leave = () => connection.gone()
  if (request.signal.aborted) leave()
  else request.signal.addEventListener('abort', leave, { once: true })
  const chosen = await reply
  const { status, headers, body, connection: stream } = closedReply(chosen) ?? chosen
  if (!stream) return respond(status, headers, body || null)
  const tellsLeave = isBun || isDeno || outgoing !== undefined
  const maxConnectionMs = tellsLeave ? Number.POSITIVE_INFINITY : DEFAULT_MAX_CONNECTION_MS
  return respond(status, headers, streamBody(stream, maxConnectionMs))
}

function makeResponse(...[status, headers, body]: Parameters<MakeResponse>): Response {
  return new Response(body as BodyInit | null, { status, headers })
}
