import { nextTurn } from '../timing/next-turn.ts'
import type { Entry, Page } from './engine.ts'
import type { FrameEncoder } from './frame-encoder.ts'
import type { StoredFrame } from './stored-frame.ts'

/** Bytes that are encoded in one turn of the event loop. */
const TURN_BYTES = 262_144

/** The frames of a page, encoded once for all readers, and only those of channels that a reader has. */
export class PageFrames {
  readonly #epoch: string
  readonly #encoder: FrameEncoder
  readonly #entries = new Map<string, Entry[]>()
  readonly #frames = new Map<string, Promise<StoredFrame[]>>()
  #bytes = 0

  constructor(page: Page | undefined, encoder: FrameEncoder) {
    this.#epoch = page?.epoch ?? ''
    this.#encoder = encoder
    for (const entry of page?.entries ?? []) {
      const entries = this.#entries.get(entry.channel)
      if (entries) entries.push(entry)
      else this.#entries.set(entry.channel, [entry])
    }
  }

  /** Returns the frames of some channels, in order. A promise only if they are yet to be encoded. */
  of(channels: readonly string[]): readonly StoredFrame[] | Promise<readonly StoredFrame[]> {
    const present = channels.filter((channel) => this.#entries.has(channel))
    return present.length === 0 ? [] : this.#join(present)
  }

  async #join(channels: readonly string[]): Promise<readonly StoredFrame[]> {
    const frames: StoredFrame[][] = []
    for (const channel of channels) {
      let encoding = this.#frames.get(channel)
      if (!encoding) {
        encoding = this.#encode(this.#entries.get(channel) as Entry[])
        this.#frames.set(channel, encoding)
      }
      frames.push(await encoding)
    }
    return frames.length === 1
      ? (frames[0] as StoredFrame[])
      : frames.flat().sort((a, b) => a.position - b.position)
  }

  async #encode(entries: readonly Entry[]): Promise<StoredFrame[]> {
    const frames: StoredFrame[] = []
    for (const entry of entries) {
      if (this.#bytes >= TURN_BYTES) {
        this.#bytes = 0
        await new Promise<void>(nextTurn)
      }
      const frame = this.#encoder.encodeFrame(this.#epoch, entry)
      if (frame) frames.push(frame)
      this.#bytes += frame?.bytes.byteLength ?? 0
    }
    return frames
  }
}
