import type { Dispatched } from './parsing.ts'

/**
 * Reads a whole stream as the standard's text says it, step by step and without regard to speed: what the
 * transports are held against.
 *
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
 */
export function readByTheStandard(bytes: Uint8Array): Dispatched[] {
  const text = new TextDecoder('utf-8').decode(bytes) // "UTF-8 decode": one BOM is stripped
  const lines = text.split(/\r\n|\n|\r/)
  lines.pop() // what follows the last end of a line is no line
  const events: Dispatched[] = []
  let data: string[] = []
  let event = ''
  let id = ''
  let lastEventId = ''
  for (const line of lines) {
    if (line === '') {
      lastEventId = id
      if (data.length > 0) events.push([event || 'message', data.join('\n'), lastEventId])
      data = []
      event = ''
      continue
    }
    if (line.startsWith(':')) continue
    const colon = line.indexOf(':')
    const field = colon < 0 ? line : line.slice(0, colon)
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '')
    if (field === 'event') event = value
    if (field === 'data') data.push(value)
    if (field === 'id' && !value.includes('\0')) id = value
  }
  return events
}
