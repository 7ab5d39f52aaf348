import { SseError } from '@sse/contract'
import { createParser } from 'eventsource-parser'
import type { TransportEvents } from './transport.ts'

/** Maximum length of one unfinished event in characters, so that an endless line does not fill the memory. */
const MAX_EVENT_LENGTH = 16 * 1024 * 1024
const BLANK_LINE = /\n[\n\r]|\r\r/
const BOM = '\uFEFF'

/** What is reported of a stream that was opened. */
export type ReadReports = Pick<
  TransportEvents,
  'onActivity' | 'onHeartbeat' | 'onId' | 'onMessage' | 'onRetry'
>

/**
 * Returns a function that reads the text of one response, piece by piece. It returns `payload_too_large` after more than
 * 16 Mi characters of one event: the rest must then not be read.
 *
 * @param mark - what is stripped from the start of the text: the BOM that "UTF-8 decode" strips, unless the text was
 * decoded that way already.
 */
export function eventReader(
  events: ReadReports,
  mark: string = BOM,
): (piece: string) => SseError | undefined {
  // About what the parser buffers. The parser's own limit is checked per line and costs an event 10 ns of 350.
  let unfinished = 0
  let isFirstPiece = true
  let expectedMark = mark // until the text has begun
  let id: string | undefined // the newest, until it is reported: at the latest after the piece
  const parser = createParser({
    onId: (value) => {
      id = value
    },
    onEvent: ({ event, data }) => {
      unfinished = 0
      if (events.onMessage(event ?? 'message', data, id) !== false) id = undefined
    },
    onComment: (comment) => {
      unfinished -= comment.length + 2
      // Servers and proxies start responses with comments; a later one is a heartbeat.
      if (!isFirstPiece) events.onHeartbeat()
    },
    onRetry: (retryMs) => {
      unfinished -= String(retryMs).length + 7
      events.onRetry(retryMs)
    },
  })
  parser.feed(':\n') // past its own BOM check: a second BOM is content, and so is the text "ï»¿"
  return (piece) => {
    events.onActivity()
    let text = piece
    if (expectedMark && text) {
      if (text[0] === expectedMark) text = text.slice(1)
      expectedMark = ''
    }
    unfinished += text.length
    parser.feed(text)
    isFirstPiece = false
    if (id !== undefined) events.onId(id)
    id = undefined
    // A block without data, such as `event: ping`, ends without a call.
    if (unfinished > 0 && BLANK_LINE.test(text)) unfinished = 0
    if (unfinished <= MAX_EVENT_LENGTH) return undefined
    return new SseError('payload_too_large', `An event has more than ${MAX_EVENT_LENGTH} characters`)
  }
}
