import { SseError } from '@sse/contract'

/** Ids are ours or the app's: anything longer than this came from somebody else. */
const MAX_CHARS = 1024
const MAX_UTF8_BYTES = 4

const FORBIDDEN = /[\r\n\0]/
const LATIN1 = /^[\0-\xff]*$/
const ASCII = /^[\0-\x7f]*$/

/**
 * @param id - as a client sent it, decoded.
 * @throws {SseError} `last_event_id_invalid` (status 400) when it is longer than 1,024 characters or holds CR,
 * LF or NUL: no client got such an id from an event stream.
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#last-event-id
 */
export function checkLastEventId(id = ''): void {
  if (id.length > MAX_CHARS) throw invalid(`is longer than ${MAX_CHARS} characters`)
  if (FORBIDDEN.test(id)) throw invalid('holds CR, LF or NUL')
}

/**
 * Decodes the header: browsers send the id as UTF-8 bytes, which HTTP stacks hand over as one character per
 * byte. An id from the query is not to be decoded again.
 */
export function decodeLastEventId(text: string): string {
  // What is longer will be refused; beyond Latin-1 a runtime has decoded it already.
  if (text.length > MAX_CHARS * MAX_UTF8_BYTES) return text
  if (ASCII.test(text) || !LATIN1.test(text)) return text
  try {
    const bytes = Uint8Array.from(text, (character) => character.charCodeAt(0))
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return text
  }
}

function invalid(what: string): SseError {
  return new SseError('last_event_id_invalid', `Last-Event-ID ${what}`, { status: 400 })
}
