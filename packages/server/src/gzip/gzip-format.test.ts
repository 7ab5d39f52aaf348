import { crc32, createGunzip, gunzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { appendOperator, combineCrc32 } from './crc32-combine.ts'
import { deflateBlocks, GZIP_HEAD, gzipTail, joinBytes, storeBlocks } from './gzip-format.ts'

const bytes = (maxLength: number) => fc.uint8Array({ maxLength, size: 'max' })
const NOTHING = new Uint8Array()

describe('blocks', () => {
  it('of any texts, deflated or stored and in any order, are one gzip stream with the tail', () => {
    const piece = fc.record({ text: bytes(3_000), how: fc.constantFrom('stored', 'alone', 'after') })
    fc.assert(
      fc.property(fc.array(piece), (pieces) => {
        let text = NOTHING
        const stream = [GZIP_HEAD]
        for (const { text: next, how } of pieces) {
          const before = how === 'after' ? text.subarray(-32_768) : NOTHING
          stream.push(how === 'stored' ? storeBlocks(next) : deflateBlocks(next, before))
          text = joinBytes([text, next])
        }
        stream.push(gzipTail(crc32(text), text.byteLength))
        expect(gunzipSync(joinBytes(stream)).equals(text)).toBe(true)
      }),
    )
  })

  it.each([65_534, 65_535, 65_536, 200_000])('store %i bytes', (length) => {
    const text = new Uint8Array(length).map((_, at) => at * 7)
    const stream = [GZIP_HEAD, storeBlocks(text), gzipTail(crc32(text), length)]
    expect(gunzipSync(joinBytes(stream)).equals(text)).toBe(true)
  })

  it('are decoded as they arrive, each up to its end', async () => {
    const gunzip = createGunzip()
    gunzip.write(GZIP_HEAD)
    for (const text of ['first', 'second, '.repeat(100)]) {
      const block = deflateBlocks(new TextEncoder().encode(text), NOTHING)
      const decoded = new Promise<Buffer>((resolve) => gunzip.once('data', resolve))
      gunzip.write(block)
      expect(String(await decoded)).toBe(text)
    }
    gunzip.destroy()
  })
})

describe('combineCrc32', () => {
  it('returns the CRC-32 of two texts from those of each', () => {
    fc.assert(
      fc.property(bytes(500), bytes(5_000), (first, second) => {
        const operator = appendOperator(second.byteLength)
        const combined = combineCrc32(crc32(first), crc32(second) | 0, operator)
        expect(combined >>> 0).toBe(crc32(joinBytes([first, second])))
      }),
    )
  })

  it('combines lengths over 2³²', () => {
    // 2³³ zero bytes, by doubling.
    let crc = crc32(new Uint8Array(2))
    for (let length = 2; length < 2 ** 33; length *= 2) crc = combineCrc32(crc, crc, appendOperator(length))
    const half = combineCrc32(crc, 0, appendOperator(2 ** 33))
    const inTwo = combineCrc32(combineCrc32(crc, 0, appendOperator(2 ** 32)), 0, appendOperator(2 ** 32))
    expect(half).toBe(inTwo)
  })
})
