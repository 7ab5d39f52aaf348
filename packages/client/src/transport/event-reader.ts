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

/** Reads the text of one response, piece by piece. */
export class EventReader {
  /** Whether this response set an id that a reconnect can resume after. */
  isResumable = false
  readonly #events: ReadReports
  readonly #parser: ReturnType<typeof createParser>
  // About what the parser buffers. The parser's own limit is checked per line and costs an event 10 ns of 350.
  #unfinished = 0
  #isFirstPiece = true
  /** To be stripped, until the text has begun. */
  #mark: string

  /** @param hasMark - whether the text may start with the BOM that "UTF-8 decode" strips. */
  constructor(events: ReadReports, hasMark = true) {
    this.#events = events
    this.#mark = hasMark ? BOM : ''
    this.#parser = createParser({
      onId: (id) => {
        this.#unfinished = 0
        this.isResumable = id !== ''
        events.onId(id)
      },
      onEvent: ({ event, data }) => {
        this.#unfinished = 0
        events.onMessage(event ?? 'message', data)
      },
      onComment: (comment) => {
        this.#unfinished -= comment.length + 2
        // Servers and proxies start responses with comments; a later one is a heartbeat.
        if (!this.#isFirstPiece) events.onHeartbeat()
      },
      onRetry: (retryMs) => {
        this.#unfinished -= String(retryMs).length + 7
        events.onRetry(retryMs)
      },
    })
    this.#parser.feed(':\n') // past its own BOM check: a second BOM is content, and so is the text "ï»¿"
  }

  /** Reads the next piece. Returns `payload_too_large` after more than 16 Mi characters of one event: then read no more. */
  read(piece: string): SseError | undefined {
    this.#events.onActivity()
    let text = piece
    if (this.#mark && text) {
      if (text[0] === this.#mark) text = text.slice(1)
      this.#mark = ''
    }
    this.#unfinished += text.length
    this.#parser.feed(text)
    this.#isFirstPiece = false
    // A block without data, such as `event: ping`, ends without a call.
    if (this.#unfinished > 0 && BLANK_LINE.test(text)) this.#unfinished = 0
    return this.#unfinished > MAX_EVENT_LENGTH
      ? new SseError('payload_too_large', `An event has more than ${MAX_EVENT_LENGTH} characters`)
      : undefined
  }
}
