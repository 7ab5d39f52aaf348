import fc from 'fast-check'
import { expect, it } from 'vitest'
import { checkLastEventId, decodeLastEventId } from './last-event-id.ts'

/** As a browser sends it and an HTTP stack hands it over: UTF-8, one character a byte. */
const asHeader = (id: string) => Buffer.from(id).toString('latin1')

it('any id comes back from the bytes of a header', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 1024 }), (id) => {
      expect(decodeLastEventId(asHeader(id))).toBe(id)
    }),
  )
})

it.each([
  ['decoded by the runtime', 'é漢😀'],
  ['Latin-1, from a client that is no browser', 'caf\xe9'],
])('a header that is %s stays as it is', (_, header) => {
  expect(decodeLastEventId(header)).toBe(header)
})

it.each([
  ['nothing', undefined],
  ['an empty id', ''],
  ['1,024 characters', 'é'.repeat(1024)],
])('%s is allowed', (_, id) => {
  expect(() => checkLastEventId(id)).not.toThrow()
})

it.each([
  ['1,025 characters', 'x'.repeat(1025), 'is longer than 1024 characters'],
  ['a megabyte', decodeLastEventId(asHeader('é'.repeat(500_000))), 'is longer than 1024 characters'],
  ['CR', 'a\rb', 'holds CR, LF or NUL'],
  ['LF', 'a\nb', 'holds CR, LF or NUL'],
  ['NUL', 'a\0b', 'holds CR, LF or NUL'],
])('%s is refused: no client got it from a stream', (_, id, message) => {
  expect(() => checkLastEventId(id)).toThrow(
    expect.objectContaining({
      code: 'last_event_id_invalid',
      status: 400,
      message: `Last-Event-ID ${message}`,
    }),
  )
})
