import { createParser, type EventSourceMessage } from 'eventsource-parser'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { encodeComment, encodeData, encodeMessage, type Message } from './encode.ts'

/** What a reader that follows the standard makes of the bytes. */
function parse(frames: string) {
  const events: EventSourceMessage[] = []
  const comments: string[] = []
  const retries: number[] = []
  const errors: unknown[] = []
  createParser({
    onEvent: (event) => events.push(event),
    onComment: (comment) => comments.push(comment),
    onRetry: (retry) => retries.push(retry),
    onError: (error) => errors.push(error),
  }).feed(frames)
  return { events, comments, retries, errors }
}

/** Text as a schema, a database or an attacker may give it: line ends and NUL are frequent in it. */
const text = fc
  .array(
    fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('\r', '\n', '\r\n', '\0', ':', ' ', 'data:', 'id: ', '\ufeff', '\u2028'),
    ),
  )
  .map((parts) => parts.join(''))
const line = text.map((value) => value.replace(/[\r\n\0]/g, ''))
const normalised = (value: string) => value.replace(/\r\n?/g, '\n')

describe('what is encoded', () => {
  it('is read back as it was, whatever is in it', () => {
    const message = fc.record({
      data: text,
      event: line.filter(Boolean),
      id: line,
      retry: fc.nat(2 ** 31 - 1),
    })
    fc.assert(
      fc.property(message, fc.string(), ({ data, event, id, retry }, neighbour) => {
        const { events, retries, errors } = parse(
          encodeMessage({ data, event, id, retry }) + encodeMessage({ data: neighbour }),
        )
        expect(events).toEqual([
          { data: normalised(data), event: event === 'message' ? undefined : event, id },
          { data: normalised(neighbour), event: undefined, id: undefined },
        ])
        expect(retries).toEqual([retry])
        expect(errors).toEqual([])
      }),
    )
  })

  it('is the same whichever field is left out', () => {
    const message = fc.record(
      { data: text, event: line.filter(Boolean), id: line, retry: fc.nat(2 ** 31 - 1) },
      { requiredKeys: ['data'] },
    )
    fc.assert(
      fc.property(message, (given) => {
        const { events } = parse(encodeMessage(given))
        expect(events).toHaveLength(1)
        expect(events[0]?.data).toBe(normalised(given.data))
        expect(events[0]?.id).toBe(given.id)
      }),
    )
  })

  it('holds no line that the message did not ask for', () => {
    fc.assert(
      fc.property(text, (data) => {
        for (const part of encodeData(data).slice(0, -2).split('\n')) expect(part).toMatch(/^data: [^\r]*$/)
      }),
    )
  })
})

describe('data', () => {
  it.each([
    ['a LF', 'a\nb', 'data: a\ndata: b\n\n'],
    ['a CR', 'a\rb', 'data: a\ndata: b\n\n'],
    ['a CRLF, one line end', 'a\r\nb', 'data: a\ndata: b\n\n'],
    [
      'an event forged with CR',
      'a\r\rdata: forged\r\r',
      'data: a\ndata: \ndata: data: forged\ndata: \ndata: \n\n',
    ],
    ['a line end at its end', 'a\n', 'data: a\ndata: \n\n'],
    ['nothing', '', 'data: \n\n'],
    ['a space in front, which stays', ' a', 'data:  a\n\n'],
    ['NUL, which stays', 'a\0b', 'data: a\0b\n\n'],
  ])('with %s', (_, data, frame) => {
    expect(encodeMessage({ data })).toBe(frame)
  })

  it('that is not text is refused, never written as undefined or [object Object]', () => {
    expect(() => encodeMessage({ data: { a: 1 } as never })).toThrow('data must be a string here, not object')
    expect(() => encodeMessage({ data: 5 as never })).toThrow('data must be a string here, not number')
  })

  it('left out is empty data when there is an event name, so that it is dispatched', () => {
    expect(encodeMessage({ event: 'tick', data: undefined })).toBe('event: tick\ndata: \n\n')
    expect(encodeMessage({ event: 'message' })).toBe('data: \n\n')
    expect(parse(encodeMessage({ event: 'tick' })).events).toHaveLength(1)
  })

  it('left out with no event name is a block without an event', () => {
    expect(encodeMessage({ id: '7', retry: 100 })).toBe('id: 7\nretry: 100\n\n')
    expect(parse(encodeMessage({ id: '7' })).events).toEqual([])
  })

  it('left out with retry alone is a line without an empty line, which naive readers take for an event', () => {
    const line = encodeMessage({ retry: 100 })
    expect(line).toBe('retry: 100\n')
    expect(parse(`${line}${encodeMessage({ data: 'a' })}`).events).toMatchObject([{ data: 'a' }])
  })

  it('left out with everything else is a mistake', () => {
    expect(() => encodeMessage({})).toThrow('needs data, an event name, an id or retry')
  })
})

describe.each(['id', 'event'] as const)('%s', (field) => {
  it.each([
    ['LF', 'x\ndata: evil'],
    ['CR', 'x\rdata: evil'],
    ['CRLF', 'x\r\ndata: evil'],
    ['NUL, for which browsers drop the whole id', 'x\0'],
    ['half a surrogate pair, which would arrive as another character', 'x\ud83d'],
  ])('with %s is refused, not stripped', (_, value) => {
    expect(() => encodeMessage({ data: 'a', [field]: value })).toThrow(
      expect.objectContaining({
        code: 'message_invalid',
        message: `${field} must not contain CR, LF, NUL or half a surrogate pair: ${JSON.stringify(value)}`,
      }),
    )
  })

  it('that is not text is refused by name', () => {
    expect(() => encodeMessage({ data: 'a', [field]: 7 as never })).toThrow(
      `${field} must be a string, not number`,
    )
  })
})

it('an id that no server would accept back is refused', () => {
  expect(encodeMessage({ data: 'a', id: 'x'.repeat(1_024) })).toContain('x\n')
  expect(() => encodeMessage({ data: 'a', id: 'x'.repeat(1_025) })).toThrow(
    expect.objectContaining({
      code: 'message_invalid',
      message: 'id must have at most 1024 characters, not 1025',
    }),
  )
})

describe('fields that are falsy', () => {
  it.each<[Message, string]>([
    [{ data: 'a', id: '' }, 'id: \ndata: a\n\n'],
    [{ data: 'a', id: '0' }, 'id: 0\ndata: a\n\n'],
    [{ data: 'a', retry: 0 }, 'retry: 0\ndata: a\n\n'],
    [{ data: 'a', id: undefined, event: undefined, retry: undefined }, 'data: a\n\n'],
  ])('%o is written, unless undefined', (message, frame) => {
    expect(encodeMessage(message)).toBe(frame)
  })

  it('an empty event name is refused: it would be a plain message', () => {
    expect(() => encodeMessage({ data: 'a', event: '' })).toThrow('leave it out for a plain message')
  })
})

it.each([1.5, -1, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 31, '100'])(
  'retry %s, which clients would ignore, is refused',
  (retry) => {
    expect(() => encodeMessage({ data: 'a', retry: retry as number })).toThrow(
      `retry must be a whole number of milliseconds, 0 to 2147483647, not ${retry}`,
    )
  },
)

it('the message is only read: a frozen one is encoded twice alike', () => {
  const message = Object.freeze({ data: 'a\nb', event: 'x', id: '1', retry: 5 })
  expect(encodeMessage(message)).toBe(encodeMessage(message))
})

describe('a comment', () => {
  it('is the heartbeat when empty', () => {
    expect(encodeComment()).toBe(':\n')
  })

  it('has no empty line behind it, which naive readers take for an event', () => {
    fc.assert(fc.property(text, (comment) => !encodeComment(comment).includes('\n\n')))
  })

  it('leaves the event that follows as it is', () => {
    const { events, comments } = parse(`${encodeComment()}${encodeMessage({ id: '1', data: 'a' })}`)
    expect(comments).toHaveLength(1)
    expect(events).toMatchObject([{ id: '1', data: 'a' }])
  })

  it('never becomes an event, whatever is in it', () => {
    fc.assert(
      fc.property(text, (comment) => {
        const { events, comments, errors } = parse(encodeComment(comment))
        expect(events).toEqual([])
        expect(errors).toEqual([])
        expect(comments.length).toBe(normalised(comment).split('\n').length)
      }),
    )
  })
})
