import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2'
import { SseError, type StreamContract } from '@sse/contract'
import { matchPath } from '@sse/contract/protocol'
import { type AckArguments, createAckHandler } from '../http/ack-handler.ts'
import { readArguments, type SettledArguments, type StreamArguments } from '../http/arguments.ts'
import { decodeLastEventId } from '../http/last-event-id.ts'
import { createStreamHandler, refusal, type StreamReply } from '../http/stream-handler.ts'
import type { UntypedEvent } from '../stream/source.ts'
import { linkResponse } from './response-link.ts'

export type NodeRequest = IncomingMessage | Http2ServerRequest
export type NodeResponse = ServerResponse | Http2ServerResponse

/** What a Node handler's context has of its own. */
export interface NodeNative {
  readonly req: NodeRequest
  readonly res: NodeResponse
}

export type NodeHandler = (req: NodeRequest, res: NodeResponse) => void

/**
 * Streams a source as a Node `(req, res)` handler, on HTTP/1.1 and HTTP/2.
 *
 * With a contract, its path is matched against the last segments of the request's; another path gets 404.
 * Headers already set on `res` (CORS, cookies) are kept. See `sse` of `@sse/server` for what a source may do.
 *
 * @throws {SseError} `option_invalid`, `source_invalid`, at definition time.
 * @example
 * createServer(sse(leads, async function* ({ event }) { yield event('count', 1) })).listen(3000)
 */
export function sse<Contract extends StreamContract>(
  contract: Contract,
  ...rest: StreamArguments<Contract, NodeNative>
): NodeHandler
export function sse<Item extends UntypedEvent>(
  ...rest: StreamArguments<undefined, NodeNative, Item>
): NodeHandler
export function sse(...given: unknown[]): NodeHandler {
  const settled = readArguments(given)
  const stream = createNodeStream<NodeNative>(settled)
  return (req, res) => {
    const { pathname } = readUrl(req)
    const params = settled.contract ? matchPath(settled.contract.path, pathname) : {}
    if (params) stream({ req, res, params, native: { req, res } }).catch((error) => giveUp(res, error))
    else send(res, req.method, refusal(new SseError('not_found', 'There is no stream at this path')))
  }
}

/**
 * Takes a subscriber's acknowledgements as a Node `(req, res)` handler: `POST` at the contract's path and `/ack`,
 * the id in `Last-Event-ID`; answers 204. Another path gets 404.
 *
 * @throws {SseError} `option_invalid`, at definition time.
 */
export function ack<Contract extends StreamContract>(
  ...given: AckArguments<Contract, NodeNative>
): NodeHandler {
  const acknowledge = createNodeAck<Contract, NodeNative>(given)
  const path = `${given[0].contract.path}/ack`
  return (req, res) => {
    const params = matchPath(path, readUrl(req).pathname)
    if (params) acknowledge({ req, res, params, native: { req, res } }).catch((error) => giveUp(res, error))
    else send(res, req.method, refusal(new SseError('not_found', 'There is nothing at this path')))
  }
}

/** The one bridge for acknowledgements, as `createNodeStream` is for streams. */
export function createNodeAck<Contract extends StreamContract, Native>(
  given: AckArguments<Contract, Native>,
): (request: NodeStreamRequest<Native>) => Promise<void> {
  const acknowledge = createAckHandler<Native>(...(given as unknown as AckArguments<StreamContract, Native>))
  return async ({ req, res, params, native }) => {
    const method = req.method ?? 'GET'
    const header = req.headers['last-event-id']
    const lastEventId = header === undefined ? undefined : decodeLastEventId(String(header))
    send(res, method, await acknowledge({ method, lastEventId, params, native }))
  }
}

/** One request, as a framework on Node can tell it. */
export interface NodeStreamRequest<Native> {
  req: NodeRequest
  res: NodeResponse
  params: Readonly<Record<string, string | undefined>>
  native: Native
}

/**
 * The one bridge to Node's responses: every framework on Node calls it and only translates.
 *
 * @returns a function that settles when the answer has begun: a stream goes on after that.
 */
export function createNodeStream<Native>(
  settled: SettledArguments,
): (request: NodeStreamRequest<Native>) => Promise<void> {
  const handle = createStreamHandler<Native>(settled)
  return async ({ req, res, params, native }) => {
    const { connection, reply } = handle({
      method: req.method ?? 'GET',
      lastEventId: readLastEventId(req),
      params,
      native,
    })
    const link = linkResponse(res, connection)
    // A pipelined request's response has no socket before its turn, and hears nothing of it until then.
    if (!res.socket) req.socket?.once('close', () => connection.gone())
    // A write to a peer that is gone; `close` follows and says all there is to say.
    res.on('error', ignore)
    if (isGone(req, res)) connection.gone()
    const answer = await reply
    if (isGone(req, res)) return connection.gone()
    if (!answer.connection) return send(res, req.method, answer)
    try {
      writeHead(res, answer)
    } catch (error) {
      connection.gone() // another handler has answered, or set a header that can't be sent
      throw error
    }
    link.start(res)
  }
}

const ignore = (): void => {}

/** The answer could not be begun: no framework stands above to be told. */
function giveUp(res: NodeResponse, error: unknown): void {
  console.error(error)
  res.destroy()
}

function send(res: NodeResponse, method: string | undefined, answer: StreamReply): void {
  writeHead(res, answer)
  res.end(method === 'HEAD' ? '' : answer.body)
}

function writeHead(res: NodeResponse, { status, headers }: StreamReply): void {
  // The two classes' overloads differ, their behaviour does not.
  ;(res as ServerResponse).writeHead(status, headers)
}

function isGone(req: NodeRequest, res: NodeResponse): boolean {
  return res.destroyed || res.writableEnded || req.socket?.destroyed === true
}

/** Reads only path and query: the host is the client's word, also in a target that is a whole URL (RFC 9112, 3.2.2). */
function readUrl(req: NodeRequest): URL {
  const target = req.url ?? '/'
  const url = target.startsWith('/') ? `http://localhost${target}` : target
  return new URL(URL.canParse(url) ? url : 'http://localhost/')
}

function readLastEventId(req: NodeRequest): string | undefined {
  const header = req.headers['last-event-id']
  if (header !== undefined) return decodeLastEventId(String(header))
  return readUrl(req).searchParams.get('lastEventId') ?? undefined
}
