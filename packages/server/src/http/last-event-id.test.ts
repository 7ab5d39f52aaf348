import fc from 'fast-check'
import { expect, it } from 'vitest'
import { checkLastEventId, decodeLastEventId } from './last-event-id.ts'

/** An id as a browser sends it and an HTTP stack passes it on: UTF-8, one character per byte. */
const asHeader = (id: string) => Buffer.from(id).toString('latin1')

it('decodes any id from the bytes of a header', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 1024 }), (id) => {
      expect(decodeLastEventId(asHeader(id))).toBe(id)
    }),
  )
})

it.each([
  ['decoded by the runtime', 'é漢😀'],
  ['Latin-1, from a client that is not a browser', 'caf\xe9'],
])('keeps a header that is %s', (_, header) => {
  expect(decodeLastEventId(header)).toBe(header)
})

it.each([
  ['nothing', undefined],
  ['an empty id', ''],
  ['1,024 characters', 'é'.repeat(1024)],
])('accepts %s', (_, id) => {
  expect(() => checkLastEventId(id)).not.toThrow()
})

it.each([
  ['1,025 characters', 'x'.repeat(1025), 'is longer than 1024 characters'],
  ['a megabyte', decodeLastEventId(asHeader('é'.repeat(500_000))), 'is longer than 1024 characters'],
  ['CR', 'a\rb', 'contains CR, LF or NUL'],
  ['LF', 'a\nb', 'contains CR, LF or NUL'],
  ['NUL', 'a\0b', 'contains CR, LF or NUL'],
])('rejects %s, which no stream can have sent', (_, id, message) => {
  expect(() => checkLastEventId(id)).toThrow(
    expect.objectContaining({
      code: 'last_event_id_invalid',
      status: 400,
      message: `Last-Event-ID ${message}`,
    }),
  )
})
