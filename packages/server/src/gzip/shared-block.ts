import { crc32 } from 'node:zlib'
import { SharedFrames } from '../log/shared-frames.ts'
import { appendOperator } from './crc32-combine.ts'
import { deflateBlocks, joinBytes, storeBlocks } from './gzip-format.ts'

/** Shorter text is not deflated by itself: of real events it becomes no smaller. */
const MIN_BYTES = 100
const NOTHING = new Uint8Array()

/** Text as part of any gzip stream: the same bytes for every connection, with what its trailer needs to know. */
export interface SharedBlock {
  readonly frames: SharedFrames
  /** CRC-32 of the text. */
  readonly crc: number
  /** Length of the text. */
  readonly byteLength: number
  /** Appends the text to a checksum. */
  readonly operator: number
}

/** Returns the name of the group that a channel's text may be compressed together with; `undefined`: with none. */
export type GroupOf = (channel: string) => string | undefined

/** Makes the block of frames that can follow anything. Each group's text is compressed apart from the others'. */
export function makeBlock(frames: SharedFrames, groupOf: GroupOf): SharedBlock {
  if (frames.origin === 'heartbeat') return seal(frames, storeBlocks(frames.bytes))
  const pieces: Uint8Array[] = []
  for (let from = 0; from < frames.parts.length; ) {
    const group = groupOf(channelAt(frames, from))
    let to = from + 1
    while (to < frames.parts.length && groupOf(channelAt(frames, to)) === group) to += 1
    const isAll = from === 0 && to === frames.parts.length
    const text = isAll ? frames.bytes : joinBytes(frames.parts.slice(from, to).map(({ bytes }) => bytes))
    pieces.push(group === undefined ? storeBlocks(text) : compress(text, NOTHING))
    from = to
  }
  return seal(frames, pieces.length === 1 ? (pieces[0] as Uint8Array<ArrayBuffer>) : joinBytes(pieces))
}

/** Makes the block of frames of one group that follows the text `before`, which is of the same group. */
export function makeBlockAfter(frames: SharedFrames, before: Uint8Array): SharedBlock {
  return seal(frames, compress(frames.bytes, before))
}

function compress(text: Uint8Array, before: Uint8Array): Uint8Array<ArrayBuffer> {
  if (text.byteLength < MIN_BYTES && before.byteLength === 0) return storeBlocks(text)
  const deflated = deflateBlocks(text, before)
  const stored = storeBlocks(text)
  return deflated.byteLength < stored.byteLength ? deflated : stored
}

function seal({ bytes, origin }: SharedFrames, compressed: Uint8Array<ArrayBuffer>): SharedBlock {
  return {
    frames: new SharedFrames([{ channel: '', bytes: compressed }], origin),
    crc: crc32(bytes) | 0,
    byteLength: bytes.byteLength,
    operator: appendOperator(bytes.byteLength),
  }
}

function channelAt({ parts }: SharedFrames, at: number): string {
  return (parts[at] as SharedFrames['parts'][number]).channel
}
