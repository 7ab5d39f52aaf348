import { SseError } from '@sse/contract'
import { createParser } from 'eventsource-parser'
import { responseError } from './response-error.ts'
import type { Transport, TransportEvents, TransportRequest } from './transport.ts'

/**
 * Carries a stream over `fetch`: any headers, method and body, and the response's status is seen. The default.
 *
 * Bytes are read by a plain reader loop: piping through TransformStreams costs 3 to 30 times the parsing
 * (measured, docs/DECISIONS.md).
 */
export const fetchTransport: Transport = (request, events) => {
  const controller = new AbortController()
  const tell = untilAborted(events, controller.signal)
  run(request, tell, controller.signal).then(
    (reason) => tell.onEnd(reason),
    (cause) => tell.onEnd(new SseError('network', 'The connection failed', { cause })),
  )
  return { close: () => controller.abort() }
}

async function run(
  request: TransportRequest,
  events: TransportEvents,
  signal: AbortSignal,
): Promise<SseError | 'ended'> {
  const { fetch, url, method, body, credentials, lastEventId } = request
  const headers: Record<string, string> = { accept: 'text/event-stream', ...request.headers }
  if (lastEventId !== '') headers['last-event-id'] = toByteString(lastEventId)
  const init: RequestInit = { method, headers, cache: 'no-store', signal }
  if (body !== undefined) init.body = body
  if (credentials !== undefined) init.credentials = credentials

  const response = await fetch(url, init)
  const refused = refuse(response)
  if (refused) {
    // A body nobody reads keeps its connection; six of them block an HTTP/1.1 origin.
    response.body?.cancel().catch(() => {})
    return refused
  }
  if (!response.body)
    return new SseError('option_invalid', 'This fetch gives no body to stream; pass one that does')
  events.onOpen()
  await read(response.body, events)
  return new SseError('dropped', 'The server closed the connection')
}

/** @see https://html.spec.whatwg.org/multipage/server-sent-events.html#dom-eventsource (processResponse) */
function refuse(response: Response): SseError | 'ended' | undefined {
  if (response.status === 204) return 'ended'
  return responseError(response.status, response.headers.get('content-type'))
}

async function read(body: ReadableStream<Uint8Array>, events: TransportEvents): Promise<void> {
  const decoder = new TextDecoder() // strips one BOM, as "UTF-8 decode" does
  const parser = createParser({
    onId: (id) => events.onId(id),
    onEvent: ({ event, data }) => events.onMessage(event ?? 'message', data),
    onRetry: (retryMs) => events.onRetry(retryMs),
  })
  parser.feed(':\n') // past its own BOM check: a second BOM is content, and so is the text "ï»¿"
  const reader = body.getReader()
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return // an unfinished block is dropped, as the standard has it
    parser.feed(decoder.decode(value, { stream: true }))
  }
}

/** A header carries bytes: an id beyond Latin-1 goes as its UTF-8, one character a byte, as browsers send it. */
function toByteString(text: string): string {
  return String.fromCharCode(...new TextEncoder().encode(text))
}

/** After `close()` a transport is silent, whatever is still under way. */
function untilAborted(events: TransportEvents, signal: AbortSignal): TransportEvents {
  const guard =
    <Args extends unknown[]>(tell: (...args: Args) => void) =>
    (...args: Args) => {
      if (!signal.aborted) tell.apply(events, args)
    }
  return {
    onOpen: guard(events.onOpen),
    onId: guard(events.onId),
    onMessage: guard(events.onMessage),
    onRetry: guard(events.onRetry),
    onWaiting: guard(events.onWaiting),
    onEnd: guard(events.onEnd),
  }
}
