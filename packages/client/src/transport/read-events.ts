import { SseError } from '@sse/contract'
import { createParser } from 'eventsource-parser'
import type { TransportEvents } from './transport.ts'

/** Maximum length of one unfinished event in characters, so that an endless line does not fill the memory. */
const MAX_EVENT_LENGTH = 16 * 1024 * 1024
const BLANK_LINE = /\n[\n\r]|\r\r/

type ReadReports = Pick<TransportEvents, 'onActivity' | 'onHeartbeat' | 'onId' | 'onMessage' | 'onRetry'>

/**
 * Reads a body to its end. Uses a plain reader loop: piping through TransformStreams costs 3 to 30 times the parsing
 * (measured, docs/internals/decisions.md).
 *
 * @returns `undefined` at the end of the body; `payload_too_large` for an event of more than 16 Mi characters, and
 * `option_invalid` for chunks that are not bytes. The rest is then not read.
 */
export async function readEvents(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  events: ReadReports,
): Promise<SseError | undefined> {
  // About what the parser buffers. The parser's own limit is checked per line and costs an event 10 ns of 350.
  let unfinished = 0
  let isFirstChunk = true
  // "UTF-8 decode" strips one BOM: the decoders of Deno and workerd strip one from each piece.
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
      unfinished -= comment.length + 2
      // Servers and proxies start responses with comments; a later one is a heartbeat.
      if (!isFirstChunk) events.onHeartbeat()
    },
    onRetry: (retryMs) => {
      unfinished -= String(retryMs).length + 7
      events.onRetry(retryMs)
    },
  })
  parser.feed(':\n') // past its own BOM check: a second BOM is content, and so is the text "ï»¿"
  while (unfinished <= MAX_EVENT_LENGTH) {
    const { done, value } = await reader.read()
    if (done) return // an unfinished block is dropped, as the standard requires
    if (!ArrayBuffer.isView(value)) {
      await reader.cancel()
      return invalidBody()
    }
    events.onActivity()
    let text = decoder.decode(value, { stream: true })
    if (mark && text) {
      if (text[0] === mark) text = text.slice(1)
      mark = ''
    }
    unfinished += text.length
    parser.feed(text)
    isFirstChunk = false
    // A block without data, such as `event: ping`, ends without a call.
    if (unfinished > 0 && BLANK_LINE.test(text)) unfinished = 0
  }
  await reader.cancel()
  return new SseError('payload_too_large', `An event has more than ${MAX_EVENT_LENGTH} characters`)
}

/** React Native has responses without a body, node-fetch has streams of Node, and a mock may return anything. */
export function invalidBody(): SseError {
  return new SseError('option_invalid', 'Invalid response body, expected a web ReadableStream')
}
