import { SseError } from './error.ts'

/** One record on the wire. At least one field is required. */
export interface Message {
  /** Event name. `message` is the standard's default and is not written. */
  event?: string | undefined
  /** Any text. Line ends split it into several `data:` lines. With `event` alone, empty data is written. */
  data?: string | undefined
  /** The client's next `Last-Event-ID`: at most 1,024 characters. `''` resets it. */
  id?: string | undefined
  /** Reconnection delay, a whole number of milliseconds, 0 to 2,147,483,647. */
  retry?: number | undefined
}

// Half a surrogate pair has no UTF-8: it would arrive as another character.
const FORBIDDEN = /[\r\n\0]|\p{Surrogate}/u
const LINE_END = /\r\n|\r|\n/
const MAX_RETRY_MS = 2_147_483_647
/** Maximum length of an id in characters: a server accepts no longer one, so a client could not resume after it. */
export const MAX_ID_CHARS = 1_024

/**
 * Encodes one message as the text of its frame. No other code writes frames.
 *
 * CR, LF, NUL and lone surrogates in `id` and `event` are rejected, not stripped: a silently changed id breaks
 * resume, and a line end forges another event.
 *
 * @throws {SseError} `message_invalid` naming the field.
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
 */
export function encodeMessage({ event, data, id, retry }: Message): string {
  const head = encodeHead(event, id, retry)
  if (data === undefined && event === undefined) {
    if (head === '') throw invalid('a message needs data, an event name, an id or retry')
    // Clients read `retry` line by line. Without an empty line, readers that take every block for an event see none.
    // An id takes effect only at the empty line.
    return id === undefined ? head : `${head}\n`
  }
  return head + encodeData(data ?? '')
}

/** Encodes the fields before the data, so that a caller can encode them once for many messages. */
export function encodeHead(event?: string, id?: string, retry?: number): string {
  let head = ''
  if (id !== undefined) {
    checkText('id', id)
    if (id.length > MAX_ID_CHARS) {
      throw invalid(`id must have at most ${MAX_ID_CHARS} characters, not ${id.length}`)
    }
    head += `id: ${id}\n`
  }
  if (event !== undefined && event !== 'message') {
    checkText('event', event)
    if (event === '') throw invalid('event must not be empty; leave it out for a plain message')
    head += `event: ${event}\n`
  }
  if (retry !== undefined) {
    if (!Number.isInteger(retry) || retry < 0 || retry > MAX_RETRY_MS) {
      throw invalid(
        `retry must be a whole number of milliseconds, 0 to ${MAX_RETRY_MS}, not ${String(retry)}`,
      )
    }
    head += `retry: ${retry}\n`
  }
  return head
}

/** Encodes the data lines and the blank line that ends the message. */
export function encodeData(data: string): string {
  if (typeof data !== 'string') throw invalid(`data must be a string here, not ${typeof data}`)
  // JSON text never contains a raw line end, so nearly every message takes this branch.
  if (!data.includes('\n') && !data.includes('\r')) return `data: ${data}\n\n`
  return `${data
    .split(LINE_END)
    .map((line) => `data: ${line}\n`)
    .join('')}\n`
}

/** Reads the data of a frame that `encodeMessage` made. */
export function readFrameData(frame: string): string {
  const start = frame.startsWith('data: ') ? 0 : frame.indexOf('\ndata: ') + 1
  return frame.slice(start + 'data: '.length, -2).replaceAll('\ndata: ', '\n')
}

/**
 * Encodes a comment, which clients ignore. The heartbeat is the empty comment.
 *
 * No empty line follows: readers that take every block for an event would see an empty one.
 */
export function encodeComment(text = ''): string {
  return text
    .split(LINE_END)
    .map((line) => `:${line && ` ${line}`}\n`)
    .join('')
}

function checkText(field: 'id' | 'event', value: unknown): void {
  if (typeof value !== 'string') throw invalid(`${field} must be a string, not ${typeof value}`)
  if (FORBIDDEN.test(value))
    throw invalid(`${field} must not contain CR, LF, NUL or half a surrogate pair: ${JSON.stringify(value)}`)
}

function invalid(message: string): SseError {
  return new SseError('message_invalid', message)
}
