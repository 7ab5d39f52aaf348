import type { EventEmitter } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2'
import type { Route } from '../http/exchange.ts'
import { decodeLastEventId } from '../http/last-event-id.ts'
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
  { req, res, native, responder = responseWriter(res) }: NodeExchange<Native>,
): Promise<NodeSink> {
  const { connection, reply } = answer({
    method: req.method ?? 'GET',
    header: readHeader(req),
    query: readUrl(req).searchParams.get('lastEventId') ?? undefined,
    params,
    native,
  })
  const sink = new NodeSink(res as WritableResponse, connection)
  // The response to a pipelined request has no socket before its turn, and is not told when the socket closes.
  if (!res.socket && req.socket) watchSocket(req.socket, res, () => connection.gone())
  // A write to a peer that has left; `close` follows.
  res.on('error', ignore)
  if (isGone(req, res)) connection.gone()
  const { status, headers, body, isLast, connection: stream } = await reply
  if (isGone(req, res)) connection.gone()
  else if (stream) {
    try {
      responder.stream(status, headers, () => sink.open())
    } catch (error) {
      connection.gone() // another handler has answered, or has set an invalid header
      throw error
    }
  } else {
    const isHttp1 = req.httpVersionMajor < 2
    responder.send(status, isLast && isHttp1 ? { ...headers, connection: 'close' } : headers, body)
  }
  return sink
}

/** Reads only path and query: the host is the client's claim, also in an absolute-form target (RFC 9112, 3.2.2). */
export function readUrl({ url: target = '/' }: { readonly url?: string | undefined }): URL {
  const url = target.startsWith('/') ? `http://localhost${target}` : target
  return new URL(URL.canParse(url) ? url : 'http://localhost/')
}

const ignore = (): void => {}

/** Calls `leave` when the socket closes before the response. A kept-alive socket outlives many responses. */
function watchSocket(socket: EventEmitter, res: NodeResponse, leave: () => void): void {
  socket.once('close', leave)
  res.once('close', () => socket.off('close', leave))
}

function isGone(req: NodeRequest, res: NodeResponse): boolean {
  return res.destroyed || res.writableEnded || req.socket?.destroyed === true
}

function readHeader(req: NodeRequest): string | undefined {
  const header = req.headers['last-event-id']
  return header === undefined ? undefined : decodeLastEventId(String(header))
}
