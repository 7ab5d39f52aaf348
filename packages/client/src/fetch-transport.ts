import { SseError } from '@sse/contract'
import { createParser } from 'eventsource-parser'
import { toByteString } from './byte-string.ts'
import { readRefusal } from './read-refusal.ts'
import type { Transport, TransportEvents, TransportRequest } from './transport.ts'

/**
 * Carries a stream over `fetch`: any headers, method and body, and the response's status is seen. The default.
 *
 * Bytes are read by a plain reader loop: piping through TransformStreams costs 3 to 30 times the parsing
 * (measured, docs/DECISIONS.md).
 */
export const fetchTransport: Transport = (request, events) => {
  const controller = new AbortController()
  run(request, events, controller).then(events.onEnd, (cause) => {
    events.onEnd(new SseError('network', 'The connection failed', { cause }))
  })
  return { close: () => controller.abort() }
}

async function run(
  request: TransportRequest,
  events: TransportEvents,
  controller: AbortController,
): Promise<SseError | 'ended'> {
  const { fetch, url, method, body, credentials, lastEventId } = request
  const headers: Record<string, string> = { accept: 'text/event-stream', ...request.headers }
  if (lastEventId !== '') headers['last-event-id'] = toByteString(lastEventId)
  // To `fetch`, a member that is undefined is one that is not there.
  const init = {
    method,
    headers,
    body,
    credentials,
    cache: 'no-store',
    signal: controller.signal,
  } as RequestInit
  const response = await fetch(url, init)
  const refused = readRefusal(response.status, response.headers.get('content-type'))
  if (refused) {
    // A body nobody reads keeps its connection, and six of them block an HTTP/1.1 origin.
    controller.abort()
    return refused
  }
  if (!response.body) return new SseError('option_invalid', 'This fetch does not stream')
  events.onOpen()
  await read(response.body, events)
  return new SseError('dropped', 'The connection was closed')
}

async function read(body: ReadableStream<Uint8Array>, events: TransportEvents): Promise<void> {
  const decoder = new TextDecoder() // strips one BOM, as "UTF-8 decode" does
  const parser = createParser({
    onId: events.onId,
    onEvent: ({ event, data }) => events.onMessage(event ?? 'message', data),
    onRetry: events.onRetry,
  })
  parser.feed(':\n') // past its own BOM check: a second BOM is content, and so is the text "ï»¿"
  const reader = body.getReader()
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return // an unfinished block is dropped, as the standard has it
    parser.feed(decoder.decode(value, { stream: true }))
  }
}
