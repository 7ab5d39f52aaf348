import { SseError, type SseErrorOptions } from '@sse/contract'

/** Maximum delay taken from `Retry-After`, in milliseconds. */
const MAX_RETRY_AFTER_MS = 3_600_000
/** Maximum time and length of a refusal's body, which is only a detail. */
const BODY_TIMEOUT_MS = 1_000
const MAX_BODY_LENGTH = 65_536

const MEDIA_TYPE = /^[\w!#$%&'*+.^`|~-]+\/[\w!#$%&'*+.^`|~-]+$/
const JSON_TYPE = /^(application|text)\/json$|\+json$/

/**
 * Returns why a response is not an event stream: `ended` for 204, by which a server stops a client for good;
 * `undefined` if it is one.
 *
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#sse-processing-model
 */
export function readRefusal(
  status: number,
  contentType: string | null,
  request = 'the request',
  details?: Pick<SseErrorOptions, 'cause' | 'retryAfterMs'>,
): SseError | 'ended' | undefined {
  if (status === 204) return 'ended'
  if (status !== 200) {
    // An opaque response has status 0, which is as final as 200 with another content type.
    const known = status >= 200 && status < 600 ? status : 200
    return new SseError('http_status', `The server answered ${status} to ${request}`, {
      ...details,
      status: known,
    })
  }
  const type = readMediaType(contentType)
  if (type === 'text/event-stream') return undefined
  const sent = type || 'no content type'
  return new SseError('content_type', `The server sent ${sent}, not text/event-stream, to ${request}`)
}

/**
 * Returns the refusal of a response with what the server said: `Retry-After`, and the `code` and `message` of a JSON
 * body as the error's `cause`.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9110#field.retry-after
 */
export async function readRefusedResponse(
  response: Response,
  request: string,
): Promise<SseError | 'ended' | undefined> {
  const { status, headers } = response
  const type = headers.get('content-type')
  const details: { retryAfterMs?: number; cause?: Error } = {}
  const retryAfterMs = readRetryAfter(headers)
  if (retryAfterMs > 0) details.retryAfterMs = Math.min(MAX_RETRY_AFTER_MS, retryAfterMs)
  if (status >= 400 && JSON_TYPE.test(readMediaType(type))) {
    const timeout = new Promise<undefined>((resolve) => setTimeout(resolve, BODY_TIMEOUT_MS))
    const cause = readDetail(await Promise.race([readText(response.body), timeout]))
    if (cause) details.cause = cause
  }
  return readRefusal(status, type, request, details)
}

/**
 * Returns the media type without parameters, in lower case; `''` without a valid one. Of several, such as a header
 * doubled by a proxy, the last valid one counts.
 *
 * @see https://fetch.spec.whatwg.org/#concept-header-extract-mime-type
 */
function readMediaType(header: string | null): string {
  const types = (header?.match(/(?:[^,"]|"(?:\\.|[^"\\])*"?)+/g) ?? [])
    .map((part) => part.replace(/;.*/s, '').trim().toLowerCase())
    .filter((type) => MEDIA_TYPE.test(type) && type !== '*/*')
  return types.at(-1) ?? ''
}

/** A date is relative to the response's own `Date`: the client's clock may be wrong by days. */
function readRetryAfter(headers: Headers): number {
  const value = headers.get('retry-after') ?? ''
  if (/^\d+$/.test(value)) return Number(value) * 1_000
  return Date.parse(value) - (Date.parse(headers.get('date') ?? '') || Date.now())
}

async function readText(body: ReadableStream<Uint8Array> | null): Promise<string> {
  const reader = body?.getReader()
  const decoder = new TextDecoder()
  let text = ''
  while (reader && text.length < MAX_BODY_LENGTH) {
    const { done, value } = await reader.read()
    if (done) break
    text += decoder.decode(value, { stream: true })
  }
  return text
}

/** Returns only what the body has: `code` and `message` of this library, `message` of Spring, `detail` of FastAPI. */
function readDetail(text: string | undefined): Error | undefined {
  try {
    const { code, message, detail } = JSON.parse(text ?? '')
    const said = typeof message === 'string' ? message : typeof detail === 'string' ? detail : ''
    if (typeof code === 'string') return new SseError(code, said)
    return said === '' ? undefined : new Error(said)
  } catch {
    return undefined
  }
}
