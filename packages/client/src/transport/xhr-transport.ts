import { SseError } from '@sse/contract'
import { toByteString } from './byte-string.ts'
import { checkRequest } from './check-request.ts'
import { PushedResponse } from './pushed-response.ts'
import type { Transport, TransportHandle, TransportRequest } from './transport.ts'

/**
 * Number of characters after which a response is exchanged for a new one: `responseText` keeps all of a stream for as
 * long as it is open.
 */
const MAX_RESPONSE_LENGTH = 4 * 1024 * 1024

/**
 * Carries a stream over the progress of an `XMLHttpRequest`: for React Native, whose `fetch` does not stream, and for
 * WebViews without streams. Any headers, method and text body, and the response's status is known.
 *
 * The platform keeps the whole text of a response in memory. After 4 Mi characters (4,194,304) the stream is reopened
 * with its last event id, as after a lost connection (`dropped`). A response without ids, and one to another method
 * than GET, is never reopened.
 *
 * @throws {SseError} `option_invalid` where there is no `XMLHttpRequest`, and for a URL, method or header it refuses.
 * @example
 * import { xhrTransport } from '@sse/client/xhr'
 * const feed = connect(leads, { transport: xhrTransport })
 */
export const xhrTransport: Transport = (request, events) => {
  if (typeof XMLHttpRequest !== 'function') throw unsuitable('there is no XMLHttpRequest here')
  const xhr = new XMLHttpRequest()
  const body = open(xhr, request)
  // What cannot name its encoding has its text decoded by React Native, which leaves the BOM to us.
  const hasMark = typeof xhr.overrideMimeType !== 'function'
  const response = new PushedResponse(request, events, close, hasMark)
  let length = 0
  let isStarted = false

  const read = (): void => {
    // The status is 0 until there is a response, and after an error, when React Native's text is the error's.
    if (xhr.readyState < XMLHttpRequest.HEADERS_RECEIVED || xhr.status === 0) return
    // Once, and not for every piece: the platform joins all headers each time.
    if (!isStarted) response.start(xhr.status, readHeaders(xhr))
    isStarted = true
    const text = xhr.responseText
    if (text.length === length) return
    const piece = text.slice(length)
    length = text.length
    response.push(piece)
    if (length > MAX_RESPONSE_LENGTH && response.isResumable && mayReopen(request)) {
      response.end(new SseError('dropped', `The response has ${length} characters: it is opened again`))
    }
  }
  function close(): void {
    xhr.onreadystatechange = xhr.onprogress = xhr.onload = xhr.onerror = xhr.ontimeout = xhr.onabort = null
    xhr.abort()
  }
  xhr.onreadystatechange = () => {
    if (xhr.readyState !== XMLHttpRequest.DONE) read()
  }
  xhr.onprogress = read
  xhr.onload = () => {
    read()
    response.complete()
  }
  xhr.onerror = () => response.fail(new Error(xhr.responseText || 'XMLHttpRequest failed'))
  xhr.ontimeout = () => response.fail(new Error('XMLHttpRequest timed out'))
  xhr.onabort = () => response.fail(new Error('XMLHttpRequest was aborted'))
  events.onActivity()
  xhr.send(body)
  return { close } satisfies TransportHandle
}

/** Returns the body to send. */
function open(xhr: XMLHttpRequest, request: TransportRequest): XMLHttpRequestBodyInit | null {
  const { url, method, headers, body = null, credentials, lastEventId } = request
  const given: Record<string, string> = { accept: 'text/event-stream', ...headers }
  if (lastEventId !== '') given['last-event-id'] = toByteString(lastEventId)
  const invalid = checkRequest(url, { method, headers: given, body } as RequestInit)
  if (invalid) throw invalid
  try {
    xhr.open(method, url, true)
    for (const [name, value] of Object.entries(given)) {
      if (value !== undefined) xhr.setRequestHeader(name, value)
    }
  } catch (cause) {
    throw unsuitable((cause as Error).message, cause)
  }
  // React Native sends cookies by default, browsers only to the page's own origin.
  if (credentials) xhr.withCredentials = credentials === 'include'
  // An event stream is always UTF-8, whatever its content type says.
  xhr.overrideMimeType?.('text/event-stream;charset=utf-8')
  return body as XMLHttpRequestBodyInit | null
}

/** Not by name: browsers log a header that is not exposed to another origin as an error. */
function readHeaders(xhr: XMLHttpRequest): Map<string, string> {
  const lines = (xhr.getAllResponseHeaders() ?? '').split(/[\r\n]+/)
  return new Map(
    lines.map((line) => {
      const colon = line.indexOf(':')
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()]
    }),
  )
}

const mayReopen = ({ method, reconnect }: TransportRequest): boolean =>
  method.toUpperCase() === 'GET' && reconnect?.maxAttempts !== 0

function unsuitable(why: string, cause?: unknown): SseError {
  return new SseError('option_invalid', `connect: ${why}; use another transport`, { cause })
}
