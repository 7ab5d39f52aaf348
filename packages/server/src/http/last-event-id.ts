import { SseError } from '@sse/contract'
import { MAX_ID_CHARS } from '@sse/contract/protocol'

const MAX_UTF8_BYTES = 4

const FORBIDDEN = /[\r\n\0]/
const LATIN1 = /^[\0-\xff]*$/
const ASCII = /^[\0-\x7f]*$/

/**
 * Checks a decoded last event id.
 *
 * @throws {SseError} `last_event_id_invalid` (400) when it is longer than 1,024 characters or contains CR, LF or NUL:
 * no event stream can have sent such an id.
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#last-event-id
 */
export function checkLastEventId(id = ''): void {
  if (id.length > MAX_ID_CHARS) throw invalid(`is longer than ${MAX_ID_CHARS} characters`)
  if (FORBIDDEN.test(id)) throw invalid('contains CR, LF or NUL')
}

/**
 * Decodes the header: browsers send the id as UTF-8, which HTTP stacks pass on as one character per byte. An id from
 * the query is already decoded.
 */
export function decodeLastEventId(text: string): string {
  // Anything longer is rejected later; characters beyond Latin-1 were already decoded by the runtime.
  if (text.length > MAX_ID_CHARS * MAX_UTF8_BYTES) return text
  if (ASCII.test(text) || !LATIN1.test(text)) return text
  try {
    const bytes = Uint8Array.from(text, (character) => character.charCodeAt(0))
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return text
  }
}

function invalid(what: string): SseError {
  return new SseError('last_event_id_invalid', `Last-Event-ID ${what}`)
}
