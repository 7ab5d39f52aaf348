import { crc32 } from 'node:zlib'
import type { SharedFrames } from '../log/shared-frames.ts'
import type { Sink } from '../stream/sink.ts'
import { combineCrc32 } from './crc32-combine.ts'
import { GZIP_HEAD, gzipTail, joinBytes, storeBlocks } from './gzip-format.ts'
import type { Links } from './lane.ts'

const encoder = new TextEncoder()

/**
 * Makes a response one gzip stream without a compressor: of blocks that all connections share, and of stored blocks with
 * what only this connection gets. All it keeps are five integers.
 */
export class GzipSink implements Sink {
  readonly #sink: Sink
  readonly #links: Links
  #isBegun = false
  /** CRC-32 of the text, as a signed integer. */
  #crc = 0
  /** Length of the text modulo 2³², as a signed integer. */
  #byteLength = 0
  /** Lane and place of what was written last, and how many links of this lane were written one directly after the other. */
  #lane = 0
  #place = 0
  #depth = 0

  constructor(sink: Sink, links: Links) {
    this.#sink = sink
    this.#links = links
  }

  write(data: string | Uint8Array): boolean {
    const text = typeof data === 'string' ? encoder.encode(data) : data
    this.#crc = crc32(text, this.#crc >>> 0) | 0
    this.#byteLength = (this.#byteLength + text.byteLength) | 0
    this.#lane = 0
    return this.#writeOwn(storeBlocks(text))
  }

  writeShared(frames: SharedFrames): boolean {
    if (!this.#isBegun) this.#writeOwn(new Uint8Array())
    const link = this.#links.linkOf(frames, this.#lane, this.#place)
    const isNext = link.lane !== 0 && link.lane === this.#lane && link.place === this.#place + 1
    const depth = isNext ? this.#depth : 0
    const block = link.blockAfter(depth)
    this.#lane = link.lane
    this.#place = link.place
    this.#depth = depth + 1
    this.#crc = combineCrc32(this.#crc, block.crc, block.operator)
    this.#byteLength = (this.#byteLength + block.byteLength) | 0
    return this.#sink.writeShared(block.frames)
  }

  end(): void {
    this.#writeOwn(gzipTail(this.#crc, this.#byteLength))
    this.#sink.end()
  }

  destroy(): void {
    this.#sink.destroy()
  }

  afterTurn(task: () => void): void {
    this.#sink.afterTurn(task)
  }

  closeTransport(): void {
    this.#sink.closeTransport()
  }

  #writeOwn(bytes: Uint8Array): boolean {
    const hasBegun = this.#isBegun
    this.#isBegun = true
    return this.#sink.write(hasBegun ? bytes : joinBytes([GZIP_HEAD, bytes]))
  }
}
