import { createParser } from 'eventsource-parser'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { defineStream } from './define-stream.ts'
import { readFrameData } from './encode.ts'
import { createEventEncoder, encodeEventData, textEvents } from './encode-event.ts'
import { text, type } from './schema.ts'

const contract = defineStream({ path: '/rows', events: { row: text(), count: type<number>() } })
const event = createEventEncoder(contract, 1_048_576)

/** Texts made of what a stream's own grammar consists of. */
const texts = fc
  .array(
    fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('\r', '\n', '\r\n', '\0', ':', ' ', 'data:', '\ndata: ', 'id: ', '\ufeff', '\u2028'),
    ),
  )
  .map((parts) => parts.join(''))

const withLf = (value: string) => value.replaceAll('\r\n', '\n').replaceAll('\r', '\n')

describe('a text', () => {
  it('is written as data lines, not as JSON', () => {
    expect(event('row', '<li>\n  Ada</li>').frame).toBe('event: row\ndata: <li>\ndata:   Ada</li>\n\n')
    expect(event('row', '').frame).toBe('event: row\ndata: \n\n')
    expect(event('count', 1).frame).toBe('event: count\ndata: 1\n\n')
  })

  it('is read back from its frame as it was, with LF for each CR LF and CR', () => {
    fc.assert(
      fc.property(texts, (given) => {
        const { frame } = event('row', given)
        const seen: string[] = []
        createParser({ onEvent: ({ data }) => seen.push(data) }).feed(frame)
        expect(seen).toEqual([withLf(given)])
        expect(readFrameData(frame)).toBe(withLf(given))
        expect(JSON.parse(encodeEventData(contract, 'row', given))).toBe(withLf(given))
      }),
    )
  })

  it.each([
    ['a number', 1, 'text() must be a string, not number'],
    ['null', null, 'text() must be a string, not null'],
    ['half a surrogate pair', 'a\ud83e', 'half a surrogate pair; use text.toWellFormed()'],
  ])('is not %s', (_what, given, message) => {
    expect(() => event('row', given as string)).toThrow(
      expect.objectContaining({ code: 'payload_invalid', message: expect.stringContaining(message) }),
    )
  })

  it('counts towards the maximum size of an event', () => {
    const small = createEventEncoder(contract, 40)
    expect(() => small('row', 'x'.repeat(40))).toThrow(expect.objectContaining({ code: 'payload_too_large' }))
  })

  it('is recognised by its schema', () => {
    expect(textEvents(contract)).toEqual(new Set(['row']))
    expect(textEvents(defineStream({ path: '/', events: { count: type<number>() } }))).toBeUndefined()
  })
})
