import type { TransportEvents } from './transport.ts'

/** What the lines of a stream say. */
export interface ParserReports extends Pick<TransportEvents, 'onId' | 'onMessage' | 'onRetry'> {
  onComment(): void
}

const LINE_END = /[\n\r]/
const LF = 10
const SPACE = 32
const COLON = 58
// The first character of each field's name.
const DATA = 100
const EVENT = 101
const ID = 105

/**
 * Returns a function that takes the next piece of a stream's text, and returns the number of characters of unfinished
 * lines and events. A line is read where it is in the text: per event, only its data, name and id are copied.
 *
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
 */
export function createEventParser(reports: ParserReports): (piece: string) => number {
  /** The start of a line. */
  let rest = ''
  let data: string | undefined
  let event = ''
  let id: string | undefined
  let isAfterCr = false

  const endEvent = (): void => {
    if (id !== undefined) reports.onId(id)
    if (data !== undefined) reports.onMessage(event || 'message', data)
    id = undefined
    data = undefined
    event = ''
  }
  const readLine = (text: string, start: number, end: number): void => {
    if (start === end) return endEvent()
    const first = text.charCodeAt(start)
    if (first === DATA) {
      if (!isField(text, start, end, 'data')) return
      const value = readValue(text, start + 4, end)
      data = data === undefined ? value : `${data}\n${value}`
    } else if (first === EVENT) {
      if (isField(text, start, end, 'event')) event = readValue(text, start + 5, end)
    } else if (first === ID) {
      if (!isField(text, start, end, 'id')) return
      const value = readValue(text, start + 2, end)
      if (!value.includes('\0')) id = value
    } else if (first === COLON) reports.onComment()
    else if (isField(text, start, end, 'retry')) {
      const value = readValue(text, start + 5, end)
      if (/^\d+$/.test(value)) reports.onRetry(Number(value))
    }
  }
  return (piece) => {
    let start = isAfterCr && piece.charCodeAt(0) === LF ? 1 : 0
    if (piece) isAfterCr = false
    // Not searched again with each piece: a long line may arrive in small ones.
    let text = piece
    if (rest && LINE_END.test(piece)) text = rest + piece
    else if (rest) {
      rest += piece
      return rest.length + (data?.length ?? 0)
    }
    let lf = text.indexOf('\n', start)
    let cr = text.indexOf('\r', start)
    while (cr < 0 && lf >= 0) {
      readLine(text, start, lf)
      start = lf + 1
      if (text.charCodeAt(start) === LF) {
        endEvent()
        start += 1
      }
      lf = text.indexOf('\n', start)
    }
    while (lf >= 0 || cr >= 0) {
      const isCr = lf < 0 || (cr >= 0 && cr < lf)
      const end = isCr ? cr : lf
      readLine(text, start, end)
      start = end + 1
      if (isCr) {
        if (lf === start) start += 1
        isAfterCr = start === text.length && lf !== end + 1
        cr = text.indexOf('\r', start)
      }
      if (lf >= 0 && lf < start) lf = text.indexOf('\n', start)
    }
    rest = text.slice(start)
    return rest.length + (data?.length ?? 0)
  }
}

function isField(text: string, start: number, end: number, name: string): boolean {
  if (!text.startsWith(name, start)) return false
  const after = start + name.length
  return after === end || text.charCodeAt(after) === COLON
}

function readValue(text: string, colon: number, end: number): string {
  return text.slice(colon + (text.charCodeAt(colon + 1) === SPACE ? 2 : 1), end)
}
