import type { Answer } from '../http/exchange.ts'
import { decodeLastEventId } from '../http/last-event-id.ts'
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
  /** Default: `new Response()`. */
  readonly respond?: MakeResponse
}

/** Answers a request with a response: the bridge that every framework on Fetch uses. */
export async function serveWeb<Native>(
  { answer, params }: { answer: Answer<Native>; params: Readonly<Record<string, string | undefined>> },
  { request, native, respond = makeResponse }: WebExchange<Native>,
): Promise<Response> {
  const header = request.headers.get('last-event-id')
  const { connection, reply } = answer({
    method: request.method,
    header: header === null ? undefined : decodeLastEventId(header),
    query: new URL(request.url).searchParams.get('lastEventId') ?? undefined,
    params,
    native,
  })
  const leave = () => connection.gone()
  if (request.signal.aborted) leave()
  else request.signal.addEventListener('abort', leave, { once: true })
  const { status, headers, body, connection: stream } = await reply
  return respond(status, headers, stream ? streamBody(stream) : body || null)
}

/** Bun ends a response that is quiet for ten seconds, which is before the default heartbeat, unless told otherwise. */
export function keepOpen(request: Request, server: unknown): void {
  if ('Bun' in globalThis) (server as BunServer | undefined)?.timeout?.(request, 0)
}

/** @see https://bun.sh/docs/api/http#server-timeout-request-seconds */
interface BunServer {
  timeout?: (request: Request, seconds: number) => void
}

function makeResponse(...[status, headers, body]: Parameters<MakeResponse>): Response {
  return new Response(body as BodyInit | null, { status, headers })
}
