import { SseError } from '@sse/contract'
import { createParser } from 'eventsource-parser'
import { toByteString } from './byte-string.ts'
import { readRefusedResponse } from './read-refusal.ts'
import type { Transport, TransportEvents, TransportRequest } from './transport.ts'

/** What one event may hold before it has ended, so that an endless line does not fill the memory. */
const MAX_EVENT_LENGTH = 16 * 1024 * 1024

/**
 * Carries a stream over `fetch`: any headers, method and body, and the response's status is seen. The default.
 *
 * Bytes are read by a plain reader loop: piping through TransformStreams costs 3 to 30 times the parsing
 * (measured, docs/DECISIONS.md).
 */
export const fetchTransport: Transport = (request, events) => {
  const controller = new AbortController()
  events.onActivity()
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
  const refused = await readRefusedResponse(response)
  if (refused) {
    // A body nobody reads keeps its connection, and six of them block an HTTP/1.1 origin.
    controller.abort()
    return refused
  }
  if (!response.body) return new SseError('option_invalid', 'This fetch does not stream')
  events.onOpen()
  return (
    (await readEvents(response.body.getReader(), events)) ??
    new SseError('dropped', 'The connection was closed')
  )
}

/**
 * Reads a body to its end.
 *
 * @returns `payload_too_large` when the server never came to the end of an event; the rest is not read.
 */
export async function readEvents(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  events: Pick<TransportEvents, 'onActivity' | 'onId' | 'onMessage' | 'onRetry'>,
): Promise<SseError | undefined> {
  // What stands unfinished in the parser, at most. Its own cap, asked at each line, costs an event 10 ns of 350.
  let unfinished = 0
  // "UTF-8 decode" strips one BOM: Deno's and workerd's decoders strip one from each piece.
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
  let mark = '\uFEFF' // to be stripped, until the text has begun
  const parser = createParser({
    onId: (id) => {
      unfinished = 0
      events.onId(id)
    },
    onEvent: ({ event, data }) => {
      unfinished = 0
      events.onMessage(event ?? 'message', data)
    },
    onComment: (comment) => {
      unfinished -= comment.length
    },
    onRetry: events.onRetry,
  })
  parser.feed(':\n') // past its own BOM check: a second BOM is content, and so is the text "ï»¿"
  while (unfinished <= MAX_EVENT_LENGTH) {
    const { done, value } = await reader.read()
    if (done) return // an unfinished block is dropped, as the standard has it
    events.onActivity()
    let text = decoder.decode(value, { stream: true })
    if (mark && text) {
      if (text[0] === mark) text = text.slice(1)
      mark = ''
    }
    unfinished += text.length
    parser.feed(text)
  }
  await reader.cancel()
  return new SseError('payload_too_large', `An event has more than ${MAX_EVENT_LENGTH} characters`)
}
