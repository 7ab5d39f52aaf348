import fc from 'fast-check'

const encoder = new TextEncoder()

/** Pieces of streams, the awkward ones above all. */
const fragment = fc.oneof(
  fc.constantFrom(
    ...[
      '\n',
      '\r',
      '\r\n',
      '\n\n',
      '\r\r',
      '\r\n\r\n',
      ':',
      ': ',
      'data',
      'data:',
      'data: ',
      'event: tick',
      'event:',
    ],
    ...[
      'id',
      'id:',
      'id: 1',
      'id: é',
      'retry: 1',
      '\0',
      '\ufeff',
      'ï»¿',
      ' ',
      'a',
      'é漢😀',
      'data: a\n\n',
      'id: 2\n\n',
    ],
  ),
  fc.string({ unit: 'binary', maxLength: 4 }),
)

/** Streams that reach every branch of the standard's grammar, also with bytes that are no UTF-8. */
export const streamBytes: fc.Arbitrary<Uint8Array> = fc
  .array(
    fc.oneof(
      { weight: 20, arbitrary: fragment.map((text) => encoder.encode(text)) },
      { weight: 1, arbitrary: fc.uint8Array({ maxLength: 3 }) },
    ),
    { maxLength: 40 },
  )
  .map((parts) => Uint8Array.from(parts.flatMap((part) => [...part])))

/** Cuts bytes into pieces of the sizes given; empty ones too. */
export function splitAnywhere(bytes: Uint8Array, sizes: Iterable<number>): Uint8Array[] {
  const pieces: Uint8Array[] = []
  let from = 0
  for (const size of sizes) {
    if (from >= bytes.length) break
    pieces.push(bytes.subarray(from, from + size))
    from += size
  }
  return pieces
}
