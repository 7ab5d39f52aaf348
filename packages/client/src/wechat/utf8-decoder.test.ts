import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Utf8Decoder } from './utf8-decoder.ts'

const byte = fc.oneof(
  fc.nat(255),
  // The borders of the ranges that the standard tells apart.
  fc.constantFrom(
    0x7f,
    0x80,
    0x8f,
    0x90,
    0x9f,
    0xa0,
    0xbf,
    0xc0,
    0xc1,
    0xc2,
    0xdf,
    0xe0,
    0xed,
    0xef,
    0xf0,
    0xf4,
    0xf5,
  ),
)
const valid = fc.string({ unit: 'binary', maxLength: 5 }).map((text) => [...new TextEncoder().encode(text)])
const pieces = fc.array(
  fc
    .array(
      fc.oneof(
        byte.map((one) => [one]),
        valid,
      ),
      { maxLength: 8 },
    )
    .map((parts) => Uint8Array.from(parts.flat())),
  { maxLength: 8 },
)

describe('Utf8Decoder', () => {
  it('gives the text of TextDecoder for any bytes in any pieces', () => {
    fc.assert(
      fc.property(pieces, (given) => {
        const ours = new Utf8Decoder()
        const expected = new TextDecoder('utf-8', { ignoreBOM: true })
        for (const piece of given) expect(ours.decode(piece)).toBe(expected.decode(piece, { stream: true }))
      }),
      { numRuns: 2_000 },
    )
  })

  it('decodes a megabyte in one piece', () => {
    const text = '漢😀a'.repeat(130_000)
    expect(new Utf8Decoder().decode(new TextEncoder().encode(text)) === text).toBe(true)
  })
})
