import { SseError } from '@sse/contract'

/** Ids are ours or the app's: anything longer than this came from somebody else. */
const MAX_CHARS = 1024

const FORBIDDEN = /[\r\n\0]/
const LATIN1 = /^[\0-\xff]*$/
const ASCII = /^[\0-\x7f]*$/

/**
 * Reads a `Last-Event-ID` as it came: browsers send it as UTF-8 bytes, which HTTP stacks hand over as one
 * character per byte.
 *
 * @returns the id, or `undefined` for none (an empty one included: it is what a reset leaves behind).
 * @throws {SseError} `last_event_id_invalid` (status 400) when it is longer than 1,024 characters or holds CR,
 * LF or NUL: no client got such an id from an event stream.
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#last-event-id
 */
export function decodeLastEventId(raw: string | undefined): string | undefined {
  if (raw === undefined || raw === '') return undefined
  // One character may stand for a quarter of one: the bound holds before decoding as well.
  const id = raw.length > MAX_CHARS * 4 ? raw : fromBytes(raw)
  if (id.length > MAX_CHARS) throw invalid(`is longer than ${MAX_CHARS} characters`)
  if (FORBIDDEN.test(id)) throw invalid('holds CR, LF or NUL')
  return id
}

function fromBytes(text: string): string {
  // Beyond Latin-1 it was decoded already (a query parameter, a runtime that decodes headers).
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
