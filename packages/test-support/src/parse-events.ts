/** An event as it was sent. A field that was not sent is `undefined`. */
export interface ParsedEvent {
  id: string | undefined
  event: string
  data: string
}

/**
 * Parses whole blocks of an event stream with LF line ends, as our encoder writes them. Blocks without data, such as
 * comments, are left out. A block without an event name has the name `message`.
 */
export function parseEvents(text: string): ParsedEvent[] {
  return text.split('\n\n').flatMap((block) => {
    let id: string | undefined
    let event = 'message'
    let data: string | undefined
    for (const line of block.split('\n')) {
      const colon = line.indexOf(':')
      const value = line.slice(colon + 1).replace(/^ /, '')
      const name = line.slice(0, colon)
      if (name === 'id') id = value
      else if (name === 'event') event = value
      else if (name === 'data') data = data === undefined ? value : `${data}\n${value}`
    }
    return data === undefined ? [] : [{ id, event, data }]
  })
}
