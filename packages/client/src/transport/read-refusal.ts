import { SseError, type SseErrorOptions } from '@sse/contract'
import { MAX_WAIT_MS } from '../connection/reconnect.ts'
import type { EndReason } from '../connection/status.ts'

/** Maximum time to read a refusal's body, which is only a detail, in milliseconds. The rest is cancelled. */
const BODY_TIMEOUT_MS = 1_000

/**
 * Returns why a response is not an event stream: `no_content` for 204, by which a server stops a client for good;
 * `undefined` if it is one. Messages name the URL without its query and hash, which may contain a ticket.
 *
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#sse-processing-model
 */
export function readRefusal(
  status: number,
  contentType: string | null,
  url = '',
  details?: Pick<SseErrorOptions, 'cause' | 'retryAfterMs'>,
): SseError | EndReason | undefined {
  if (status === 204) return 'no_content'
  const type = readMediaType(contentType)
  const place = url.replace(/[?#].*/s, '')
  if (status === 200 && type === 'text/event-stream') return undefined
  // An opaque response has status 0, which is as final as 200 with another content type.
  const options = { ...details, status: status >= 200 && status < 600 ? status : 200 }
  return status === 200
    ? new SseError('content_type', `Not an event stream, but "${type}": ${place}`, options)
    : new SseError('http_status', `The server answered ${status}: ${place}`, options)
}

/** The part of a `Response` that a refusal is read from. */
export interface RefusableResponse {
  readonly status: number
  readonly headers: Pick<Headers, 'get'>
  /** Returns the body. Called at most once. */
  text(): Promise<string>
}

/**
 * Returns the refusal of a response with what the server said: `Retry-After`, and the `code` and `message` of a JSON
 * body as the error's `cause`.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9110#field.retry-after
 */
export async function readRefusedResponse(
  response: RefusableResponse,
  url: string,
): Promise<SseError | EndReason | undefined> {
  const { status, headers } = response
  const type = headers.get('content-type')
  const details: { retryAfterMs?: number; cause?: Error | undefined } = {}
  const retryAfterMs = readRetryAfter(headers)
  if (retryAfterMs > 0) details.retryAfterMs = Math.min(MAX_WAIT_MS, retryAfterMs)
  if (status >= 400 && /[/+]json$/.test(readMediaType(type))) {
    details.cause = await readDetail(response)
  }
  return readRefusal(status, type, url, details)
}

/**
 * Returns the media type without parameters, in lower case; `''` without a valid one. Of several, such as a header
 * doubled by a proxy, the last valid one counts.
 *
 * @see https://fetch.spec.whatwg.org/#concept-header-extract-mime-type
 */
function readMediaType(header: string | null): string {
  const types = (header ?? '').split(',').map((part) => part.replace(/;.*/s, '').trim().toLowerCase())
  return types.filter((type) => /^[^\s/"*]+\/[^\s/"]+$/.test(type)).pop() ?? ''
}

/** A date is relative to the response's own `Date`: the client's clock may be wrong by days. */
function readRetryAfter(headers: RefusableResponse['headers']): number {
  const value = headers.get('retry-after') ?? ''
  if (/^\d+$/.test(value)) return Number(value) * 1_000
  return Date.parse(value) - (Date.parse(headers.get('date') ?? '') || Date.now())
}

/**
 * Returns what a JSON body says, if it is read in time: `code` and `message` of this library, `message` of Spring, `detail`
 * of FastAPI, which is a list for a parameter it cannot read.
 */
export async function readDetail(response: Pick<RefusableResponse, 'text'>): Promise<Error | undefined> {
  const timeout = new Promise<string>((resolve) => setTimeout(resolve, BODY_TIMEOUT_MS, ''))
  try {
    const { code, message, detail } = JSON.parse(await Promise.race([response.text(), timeout]))
    const { loc, msg } = detail?.[0] ?? {}
    const said = [message, detail, loc && msg && `${loc}: ${msg}`].find((text) => typeof text === 'string')
    if (typeof code === 'string') return new SseError(code, said ?? '')
    return said ? new Error(said) : undefined
  } catch {
    return undefined
  }
}
