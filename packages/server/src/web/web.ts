import { SseError, type StreamContract } from '@sse/contract'
import { matchPath } from '@sse/contract/protocol'
import { type AckArguments, createAckHandler } from '../http/ack-handler.ts'
import { readArguments, type SettledArguments, type StreamArguments } from '../http/arguments.ts'
import { decodeLastEventId } from '../http/last-event-id.ts'
import { createStreamHandler, refusal, type StreamReply } from '../http/stream-handler.ts'
import type { SharedFrames } from '../log/shared-frames.ts'
import type { Connection } from '../stream/connection.ts'
import type { Sink, StallWatch } from '../stream/sink.ts'
import type { UntypedEvent } from '../stream/source.ts'
import { nextTurn } from '../timing/next-turn.ts'
import { unref } from '../timing/periodic.ts'

/** What a Web handler's context has of its own. */
export interface WebNative {
  readonly request: Request
}

/** `server` is what Bun hands to a handler; others hand over something else, which is left alone. */
export type WebHandler = (request: Request, server?: unknown) => Promise<Response>

/**
 * Streams a source to whoever asks: `Request → Response`, for Next.js route handlers, Bun, Deno, Cloudflare
 * Workers and anything else that speaks Fetch.
 *
 * With a contract, its path is matched against the last segments of the request's, so the handler works under
 * any prefix; a request for another path gets 404. The source's end ends the stream for good: a client that
 * comes back gets 204. What the source throws before its first event is an HTTP status; later, `sse.error`.
 *
 * @throws {SseError} `option_invalid`, `source_invalid`, at definition time.
 * @see docs/PROTOCOL.md
 * @example
 * export const GET = sse(leads, async function* ({ params, event, signal }) {
 *   for await (const lead of newLeads(params.owner, signal)) yield event('lead', lead)
 * })
 */
export function sse<Contract extends StreamContract>(
  contract: Contract,
  ...rest: StreamArguments<Contract, WebNative>
): WebHandler
export function sse<Item extends UntypedEvent>(
  ...rest: StreamArguments<undefined, WebNative, Item>
): WebHandler
export function sse(...given: unknown[]): WebHandler {
  const settled = readArguments(given)
  const stream = createWebStream<WebNative>(settled)
  return async (request, server) => {
    keepOpen(request, server)
    const { pathname } = new URL(request.url)
    const params = settled.contract ? matchPath(settled.contract.path, pathname) : {}
    if (!params) return whole(refusal(new SseError('not_found', 'There is no stream at this path')))
    return stream({ request, params, native: { request } })
  }
}

/**
 * Takes a subscriber's acknowledgements: `POST` at the contract's path and `/ack`, the id in `Last-Event-ID`;
 * answers 204. Another path gets 404.
 *
 * @throws {SseError} `option_invalid`, at definition time.
 * @example
 * export const POST = ack(hub, ({ request }) => userOf(request)?.id)
 */
export function ack<Contract extends StreamContract>(
  ...given: AckArguments<Contract, WebNative>
): WebHandler {
  const acknowledge = createWebAck<Contract, WebNative>(given)
  const path = `${given[0].contract.path}/ack`
  return async (request) => {
    const params = matchPath(path, new URL(request.url).pathname)
    if (!params) return whole(refusal(new SseError('not_found', 'There is nothing at this path')))
    return acknowledge({ request, params, native: { request } })
  }
}

/** The bridge for acknowledgements, as `createWebStream` is for streams. */
export function createWebAck<Contract extends StreamContract, Native>(
  given: AckArguments<Contract, Native>,
): (request: WebStreamRequest<Native>) => Promise<Response> {
  const acknowledge = createAckHandler<Native>(...(given as unknown as AckArguments<StreamContract, Native>))
  return async ({ request, params, native }) => {
    const header = request.headers.get('last-event-id')
    const lastEventId = header === null ? undefined : decodeLastEventId(header)
    return whole(await acknowledge({ method: request.method, lastEventId, params, native }))
  }
}

/** Bun ends a response that is quiet for ten seconds, which is before the default heartbeat, unless told otherwise. */
function keepOpen(request: Request, server: unknown): void {
  if ('Bun' in globalThis) (server as BunServer | undefined)?.timeout?.(request, 0)
}

/** @see https://bun.sh/docs/api/http#server-timeout-request-seconds */
interface BunServer {
  timeout?: (request: Request, seconds: number) => void
}

/** One request, as a framework on Fetch can tell it. */
export interface WebStreamRequest<Native> {
  request: Request
  params: Readonly<Record<string, string | undefined>>
  native: Native
}

/** The bridge to Fetch's responses. */
export function createWebStream<Native>(
  settled: SettledArguments,
): (request: WebStreamRequest<Native>) => Promise<Response> {
  const handle = createStreamHandler<Native>(settled)
  return async ({ request, params, native }) => {
    const { connection, reply } = handle({
      method: request.method,
      lastEventId: readLastEventId(request),
      params,
      native,
    })
    const leave = () => connection.gone()
    if (request.signal.aborted) leave()
    else request.signal.addEventListener('abort', leave, { once: true })
    const answer = await reply
    return answer.connection
      ? new Response(streamBody(answer.connection), { status: answer.status, headers: answer.headers })
      : whole(answer)
  }
}

function readLastEventId({ headers, url }: Request): string | undefined {
  const header = headers.get('last-event-id')
  if (header !== null) return decodeLastEventId(header)
  return new URL(url).searchParams.get('lastEventId') ?? undefined
}

function whole({ status, headers, body }: StreamReply): Response {
  return new Response(body === '' ? null : body, { status, headers })
}

/** How many bytes wait in the response before the source is no longer pulled. */
const HIGH_WATER_MARK_BYTES = 65_536

function streamBody(connection: Connection): ReadableStream<Uint8Array> {
  const leave = () => connection.gone()
  let sink: WebSink | undefined
  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        sink = new WebSink(controller, connection, leave)
        connection.start(sink)
      },
      pull() {
        sink?.drained()
        connection.drained()
      },
      cancel: leave,
    },
    // The default strategy counts chunks, whatever their size.
    { highWaterMark: HIGH_WATER_MARK_BYTES, size: (chunk) => chunk?.byteLength ?? 0 },
  )
}

const encoder = new TextEncoder()

class WebSink implements Sink {
  readonly #controller: ReadableStreamDefaultController<Uint8Array>
  readonly #stall: StallWatch
  readonly #onClosed: () => void
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(
    controller: ReadableStreamDefaultController<Uint8Array>,
    stall: StallWatch,
    onClosed: () => void,
  ) {
    this.#controller = controller
    this.#stall = stall
    this.#onClosed = onClosed
  }

  write(text: string): boolean {
    return this.#enqueue(encoder.encode(text))
  }

  writeShared(frames: SharedFrames): boolean {
    return this.#enqueue(frames.bytes)
  }

  /** The stream is read again. */
  drained(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
  }

  end(): void {
    this.drained()
    this.#controller.close()
    nextTurn(this.#onClosed)
  }

  destroy(): void {
    this.drained()
    this.#controller.error(new SseError('dropped', 'The server has closed the connection'))
    nextTurn(this.#onClosed)
  }

  afterTurn(task: () => void): void {
    nextTurn(task)
  }

  #enqueue(bytes: Uint8Array): boolean {
    this.#controller.enqueue(bytes)
    const hasRoom = (this.#controller.desiredSize ?? 0) > 0
    const { stallTimeoutMs } = this.#stall
    if (!hasRoom && !this.#timer && stallTimeoutMs !== Number.POSITIVE_INFINITY) {
      this.#timer = setTimeout(() => this.#stall.stalled(), stallTimeoutMs)
      unref(this.#timer)
    }
    return hasRoom
  }
}
