import { isSseError, SseError } from '@sse/contract'
import { encodeMessage } from '@sse/contract/protocol'
import { NATIVE } from '../dialects/native.ts'
import type { Connection } from '../stream/connection.ts'
import { toPublicError } from '../stream/public-error.ts'

/** An answer: a complete body, or a stream that begins with `connection.start(sink)`. */
export interface Reply {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  /** Set for a stream. */
  readonly connection: Connection | undefined
  /** Whether the client must not reuse its transport: this process is shutting down, or has not read all of the request. */
  readonly isLast: boolean
  /** When a retry makes sense, in milliseconds, for a refusal that says so. */
  readonly retryAfterMs?: number | undefined
  /** Makes the answer in place of a stream whose connection the server closes before its head is sent. */
  readonly refuse?: (reason: Error) => Reply
}

/** @see docs/reference/protocol.md#response */
const STREAM_HEADERS = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-cache, no-transform',
  'x-accel-buffering': 'no',
}
/** Of a stream that is compressed for clients that accept it. */
const NEGOTIATED_HEADERS = { ...STREAM_HEADERS, vary: 'accept-encoding' }
const GZIP_HEADERS = { ...NEGOTIATED_HEADERS, 'content-encoding': 'gzip' }
/** For every answer other than a stream: it depends on the client and on the moment. */
const NO_STORE = { 'cache-control': 'no-store' }
const JSON_HEADERS = { 'content-type': 'application/json', ...NO_STORE }

/** Minimum delay for a refusal that names none. The maximum is twice that, against stampedes. */
const MIN_RETRY_MS = 2_000

/** Codes of refusals by a process that is shutting down, and of requests whose rest is not read. */
const LAST_CODES: ReadonlySet<string> = new Set([
  'draining',
  'hub_closed',
  'shutdown',
  'body_too_large',
  'stalled',
])

/** The answer to a request that is streamed. */
export function streamReply(connection: Connection, refuse: (reason: Error) => Reply): Reply {
  const headers = headersOf(connection)
  return { status: 200, headers, body: '', connection, isLast: false, refuse }
}

/** The headers of a stream. They are the same object for all streams of the native dialect. */
function headersOf({ control, compressor, isNegotiated }: Connection): Reply['headers'] {
  const headers = compressor ? GZIP_HEADERS : isNegotiated ? NEGOTIATED_HEADERS : STREAM_HEADERS
  return control === NATIVE ? headers : { ...headers, ...control.headers }
}

/** The answer instead of a stream whose connection the server has closed before the head was sent. */
export function closedReply({ connection, refuse = errorReply }: Reply): Reply | undefined {
  return connection?.closeReason && refuse(connection.closeReason)
}

/**
 * Makes a refusal that may be retried a stream that ends at once with the delay: a browser's `EventSource` never
 * reconnects after another status than 200. Other refusals remain as they are.
 */
export function toRetryReply(reply: Reply): Reply {
  const { status, retryAfterMs, isLast } = reply
  if (retryAfterMs === undefined && status !== 503 && status !== 429) return reply
  const retry = Math.ceil(retryAfterMs ?? MIN_RETRY_MS * (1 + Math.random()))
  const headers = { ...STREAM_HEADERS, ...NO_STORE }
  return { status: 200, headers, body: encodeMessage({ retry }), connection: undefined, isLast }
}

/** The answer to HEAD: the stream's headers, without a body. */
export function headReply(connection: Connection): Reply {
  const headers = { ...headersOf(connection), ...NO_STORE }
  return { status: 200, headers, body: '', connection: undefined, isLast: false }
}

/** The answer without a body: there is nothing more to stream, or the acknowledgement is stored. */
export const EMPTY_REPLY: Reply = {
  status: 204,
  headers: NO_STORE,
  body: '',
  connection: undefined,
  isLast: false,
}

/** Makes the answer with a value. */
export function jsonReply(value: unknown): Reply {
  return { ...EMPTY_REPLY, status: 200, headers: JSON_HEADERS, body: JSON.stringify(value) }
}

/** Makes the answer for an error before the stream has started. Errors that are not exposed are masked. */
export function errorReply(error: unknown, headers: Readonly<Record<string, string>> = {}): Reply {
  const known = isSseError(error) ? error : undefined
  const masked = known?.kind === 'engine' ? 503 : 500
  // A status below 400 would not refuse the request.
  const status = known?.expose && known.status >= 400 ? known.status : masked
  const retryAfterMs = known?.expose || known?.kind === 'engine' ? known.retryAfterMs : undefined
  return {
    status,
    headers: {
      ...JSON_HEADERS,
      ...(retryAfterMs === undefined ? {} : { 'retry-after': String(Math.ceil(retryAfterMs / 1_000)) }),
      ...headers,
    },
    body: JSON.stringify(toPublicError(error)),
    connection: undefined,
    isLast: known !== undefined && LAST_CODES.has(known.code),
    retryAfterMs,
  }
}

/** The answer for a method that a path does not take. */
export function methodReply(allow: string): Reply {
  return errorReply(new SseError('method_not_allowed', `Use ${allow.replace(/, (?=\w+$)/, ' or ')}`), {
    allow,
  })
}

/** The answer for a path that is no stream. */
export function notFoundReply(contract: { readonly path: string } | undefined): Reply {
  return errorReply(new SseError('not_found', `There is no stream at this path; it is at ${contract?.path}`))
}
