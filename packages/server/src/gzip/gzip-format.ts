import { constants, deflateRawSync } from 'node:zlib'

type Bytes = Uint8Array<ArrayBuffer>

/** Maximum length of a stored block. @see https://www.rfc-editor.org/rfc/rfc1951#section-3.2.4 */
const MAX_STORED_BYTES = 65_535
const STORED_HEAD_BYTES = 5
/** Of zlib's output. Node allows no smaller one. */
const MIN_CHUNK_BYTES = 64

/** Start of a gzip stream: no name, no time, unknown system. @see https://www.rfc-editor.org/rfc/rfc1952#section-2.3 */
export const GZIP_HEAD: Bytes = new Uint8Array([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff])

/**
 * Returns blocks that contain the text as it is. Like those of `deflateBlocks` they begin and end at a byte: they can be
 * appended to the head and to any other blocks.
 */
export function storeBlocks(text: Uint8Array): Bytes {
  const count = Math.ceil(text.byteLength / MAX_STORED_BYTES)
  const blocks = new Uint8Array(text.byteLength + count * STORED_HEAD_BYTES)
  const view = new DataView(blocks.buffer)
  let at = 0
  for (let from = 0; from < text.byteLength; from += MAX_STORED_BYTES) {
    const part = text.subarray(from, from + MAX_STORED_BYTES)
    view.setUint16(at + 1, part.byteLength, true)
    view.setUint16(at + 3, ~part.byteLength, true)
    blocks.set(part, at + STORED_HEAD_BYTES)
    at += STORED_HEAD_BYTES + part.byteLength
  }
  return blocks
}

/**
 * Returns blocks that contain the text deflated.
 *
 * @param before - text that directly precedes this one in every stream that gets the blocks, at most 32 KiB of it. Empty:
 * the blocks can be appended to any others.
 */
export function deflateBlocks(text: Uint8Array, before: Uint8Array): Bytes {
  // The flush ends at a byte. Level 6: level 1 takes as long for a few hundred bytes, and makes 8 % more of them.
  // The result keeps its whole chunk in memory, which is 16 KiB by default.
  const chunkSize = Math.max(MIN_CHUNK_BYTES, text.byteLength)
  const options = { level: 6, finishFlush: constants.Z_SYNC_FLUSH, chunkSize }
  return before.byteLength === 0
    ? deflateRawSync(text, options)
    : deflateRawSync(text, { ...options, dictionary: before })
}

/**
 * Returns the end of a gzip stream: an empty last block, and the trailer.
 *
 * @param crc - CRC-32 of all text.
 * @param byteLength - length of all text, modulo 2³².
 */
export function gzipTail(crc: number, byteLength: number): Bytes {
  const tail = new Uint8Array(10)
  const view = new DataView(tail.buffer)
  tail[0] = 0b011 // last block, with fixed codes, of which the end of the block is seven zeros
  view.setUint32(2, crc, true)
  view.setUint32(6, byteLength, true)
  return tail
}

/** Returns the pieces in one. */
export function joinBytes(pieces: readonly Uint8Array[]): Bytes {
  const joined = new Uint8Array(pieces.reduce((sum, { byteLength }) => sum + byteLength, 0))
  let at = 0
  for (const piece of pieces) {
    joined.set(piece, at)
    at += piece.byteLength
  }
  return joined
}
