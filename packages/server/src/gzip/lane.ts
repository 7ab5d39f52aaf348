import type { SharedFrames } from '../log/shared-frames.ts'
import { joinBytes } from './gzip-format.ts'
import { makeBlockAfter, type SharedBlock } from './shared-block.ts'

/** Text before an event that it is compressed with. With 8 KiB, events of 650 bytes become 4 % larger, with 32 KiB 3 % smaller. */
const WINDOW_BYTES = 16_384
const MAX_WINDOW = 64

/** Frames at a place in a lane, with the blocks that they have become. */
export interface Link {
  /** `0`: in no lane. */
  readonly lane: number
  /** Place in the lane, counted by one. */
  readonly place: number
  /**
   * Returns the block for a connection.
   *
   * @param depth - number of preceding links that the connection has written, one directly after the other and up to
   * this one.
   */
  blockAfter(depth: number): SharedBlock
}

/** What the connections of one stream share. */
export interface Links {
  /**
   * Returns the link that a connection writes.
   *
   * @param lane - lane of what it wrote last; 0 for none.
   * @param place - its place there.
   */
  linkOf(frames: SharedFrames, lane: number, place: number): Link
}

/** Frames in no lane: their block can follow anything. */
export class SingleLink implements Link {
  readonly lane = 0
  readonly place = 0
  readonly #block: SharedBlock

  constructor(block: SharedBlock) {
    this.#block = block
  }

  blockAfter(): SharedBlock {
    return this.#block
  }
}

class LaneLink implements Link {
  readonly lane: number
  readonly place: number
  readonly frames: SharedFrames
  readonly #makeBlock: (frames: SharedFrames) => SharedBlock
  /** The texts before, the newest last. */
  readonly #before: readonly Uint8Array[]
  /** By the number of texts before that a block needs. */
  readonly #blocks: SharedBlock[] = []

  constructor(
    { id, place, texts }: Lane,
    frames: SharedFrames,
    makeBlock: (frames: SharedFrames) => SharedBlock,
  ) {
    this.lane = id
    this.place = place + 1
    this.frames = frames
    this.#makeBlock = makeBlock
    this.#before = texts
  }

  blockAfter(depth: number): SharedBlock {
    const count = this.frames.origin === 'heartbeat' ? 0 : this.#countOf(depth)
    this.#blocks[count] ??=
      count === 0
        ? this.#makeBlock(this.frames)
        : makeBlockAfter(this.frames, joinBytes(this.#before.slice(-count)))
    return this.#blocks[count]
  }

  /** All of the texts, or a power of two: a few blocks serve connections that have come at different times. */
  #countOf(depth: number): number {
    if (depth >= this.#before.length) return this.#before.length
    return depth === 0 ? 0 : 2 ** (31 - Math.clz32(depth))
  }
}

/**
 * What all connections at the head of one group write, link by link. A connection that has written the links directly
 * before one can take a block of it that refers to their text: that is all the state it needs.
 */
export class Lane {
  readonly id: number
  place = 0
  /** The newest texts, up to the size of the window. Replaced, never changed. */
  texts: readonly Uint8Array[] = []
  /** The newest link, if it is a heartbeat. */
  #heartbeat: LaneLink | undefined

  constructor(id: number) {
    this.id = id
  }

  append(frames: SharedFrames, makeBlock: (frames: SharedFrames) => SharedBlock): Link {
    const link = new LaneLink(this, frames, makeBlock)
    const { bytes, origin } = frames
    this.place += 1
    this.texts = newest([...this.texts, bytes.byteLength > WINDOW_BYTES ? bytes.slice(-WINDOW_BYTES) : bytes])
    this.#heartbeat = origin === 'heartbeat' ? link : undefined
    return link
  }

  /** Returns the link of a heartbeat for a connection at a place: the first connection appends it, the others find it. */
  heartbeat(frames: SharedFrames, place: number, makeBlock: (frames: SharedFrames) => SharedBlock): Link {
    const link = this.#heartbeat
    return link?.frames === frames && place < this.place ? link : this.append(frames, makeBlock)
  }
}

function newest(texts: Uint8Array[]): readonly Uint8Array[] {
  let bytes = texts.reduce((sum, { byteLength }) => sum + byteLength, 0)
  let first = 0
  while (
    bytes - (texts[first] as Uint8Array).byteLength >= WINDOW_BYTES ||
    texts.length - first > MAX_WINDOW
  ) {
    bytes -= (texts[first] as Uint8Array).byteLength
    first += 1
  }
  return texts.slice(first)
}
