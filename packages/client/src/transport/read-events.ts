import { SseError } from '@sse/contract'
import { createEventParser } from './event-parser.ts'
import type { TransportEvents } from './transport.ts'

/** Maximum length of one unfinished event in characters, so that an endless line does not fill the memory. */
const MAX_EVENT_LENGTH = 16 * 1024 * 1024

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
  let isFirstChunk = true
  // "UTF-8 decode" strips one BOM: the decoders of Deno and workerd strip one from each piece.
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
  let mark = '\uFEFF' // to be stripped, until the text has begun
  const parse = createEventParser({
    onId: (id) => events.onId(id),
    onMessage: (event, data) => events.onMessage(event, data),
    onRetry: (retryMs) => events.onRetry(retryMs),
    // Servers and proxies start responses with comments; a later one is a heartbeat.
    onComment: () => isFirstChunk || events.onHeartbeat(),
  })
  for (;;) {
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
    if (parse(text) > MAX_EVENT_LENGTH) break
    isFirstChunk = false
  }
  await reader.cancel()
  return new SseError('payload_too_large', `An event has more than ${MAX_EVENT_LENGTH} characters`)
}

/** React Native has responses without a body, node-fetch has streams of Node, and a mock may return anything. */
export function invalidBody(): SseError {
  return new SseError('option_invalid', 'Invalid response body, expected a web ReadableStream')
}
