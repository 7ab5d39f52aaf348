import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2'
import type { Route } from '../http/exchange.ts'
import { decodeLastEventId } from '../http/last-event-id.ts'
import { closedReply, type Reply } from '../http/reply.ts'
import { isGone, isWritable, whenWritable } from '../http/write-gate.ts'
import { NodeBody } from './node-body.ts'
import { NodeSink, type WritableResponse } from './node-sink.ts'
import { type Responder, responseWriter } from './responder.ts'

export type NodeRequest = IncomingMessage | Http2ServerRequest
export type NodeResponse = ServerResponse | Http2ServerResponse

/** A request, as a framework on Node passes it to the bridge. */
export interface NodeExchange<Native> {
  readonly req: NodeRequest
  readonly res: NodeResponse
  readonly native: Native
  /** How the framework sends an answer. Default: with Node's response itself. */
  readonly responder?: Responder
  /** Returns the body as a parser of the framework has left it. Default: `req.body`. */
  readonly parsedBody?: () => unknown
}

/**
 * Answers a request on Node: the bridge that every framework on Node uses.
 *
 * @returns the response's sink, once the answer has begun: a stream continues after that.
 */
export async function serveNode<Native>(
  {
    answer,
    params,
  }: { answer: Route<Native>['answer']; params: Readonly<Record<string, string | undefined>> },
  { req, res, native, responder = responseWriter(res), parsedBody }: NodeExchange<Native>,
): Promise<NodeSink> {
  const { connection, reply } = answer({
    method: req.method ?? 'GET',
    header: readLastEventId(req),
    query: readQueryId(req),
    readHeader: (name) => req.headers[name]?.toString(),
    body: new NodeBody(req, parsedBody),
    params,
    native,
    whenWritable: (timeoutMs) => whenWritable(req, res, timeoutMs, () => connection.gone()),
  })
  const sink = new NodeSink(res as WritableResponse, connection)
  // A write to a peer that has left; `close` follows.
  res.on('error', ignore)
  if (isGone(req, res)) connection.gone()
  // A body that is never read would stop the socket, which then does not tell that the client has left.
  if (req.method === 'GET' || req.method === 'HEAD') req.resume()
  const isHttp1 = req.httpVersionMajor < 2
  const chosen = await reply
  const late = () => {
    const closed = closedReply(chosen)
    return closed && { ...closed, headers: headersOf(closed, isHttp1) }
  }
  const { status, headers, body } = late() ?? { ...chosen, headers: headersOf(chosen, isHttp1) }
  if (isGone(req, res)) connection.gone()
  else if (chosen.connection && !late()) {
    try {
      responder.stream(status, headers, () => sink.open(), late)
    } catch (error) {
      connection.gone() // another handler has answered, or has set an invalid header
      throw error
    }
  } else {
    // HTTP/1.1 closes the connection; HTTP/2 would keep the stream of a body that is never sent to its end.
    if (chosen.isLast && !isHttp1) closeUnread(req as Http2ServerRequest)
    responder.send(status, headers, body)
    // The window is still closed: the head was sent, the body never will be.
    if (!isHttp1 && !isWritable(res)) setImmediate(() => res.destroy())
  }
  return sink
}

/** A path that is its own `URL.pathname`: nothing to decode, no query, no dot segment. */
const PLAIN_PATH = /^(?:\/[\w~-][\w.~-]*)+$/

interface Target {
  readonly url?: string | undefined
}

/** Returns the path of a request. */
export function readPathname(req: Target): string {
  // Most requests need no `URL`, which would be parsed for each.
  return req.url !== undefined && PLAIN_PATH.test(req.url) ? req.url : readUrl(req).pathname
}

function readQueryId(req: Target): string | undefined {
  return req.url?.includes('?') ? (readUrl(req).searchParams.get('lastEventId') ?? undefined) : undefined
}

/** Reads only path and query: the host is the client's claim, also in an absolute-form target (RFC 9112, 3.2.2). */
function readUrl({ url: target = '/' }: Target): URL {
  const url = target.startsWith('/') ? `http://localhost${target}` : target
  return new URL(URL.canParse(url) ? url : 'http://localhost/')
}

/** Closes a stream once its answer is sent, whatever the client still sends. */
function closeUnread({ stream, readableEnded }: Http2ServerRequest): void {
  if (!readableEnded) stream.once('finish', () => stream.close())
}

const ignore = (): void => {}

/** HTTP/2 has no `connection` header; its sessions are closed with GOAWAY. */
function headersOf({ headers, isLast }: Reply, isHttp1: boolean): Reply['headers'] {
  return isLast && isHttp1 ? { ...headers, connection: 'close' } : headers
}

function readLastEventId(req: NodeRequest): string | undefined {
  const header = req.headers['last-event-id']
  return header === undefined ? undefined : decodeLastEventId(String(header))
}
