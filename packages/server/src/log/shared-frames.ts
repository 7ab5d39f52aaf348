/** Frames of at least this many bytes on average are not copied to be joined. */
const LARGE_BYTES = 16_384

/** Whole frames as bytes that many connections write. Created once, never changed. */
export class SharedFrames {
  /** The frames, in order. */
  readonly parts: readonly Uint8Array<ArrayBuffer>[]
  readonly byteLength: number
  /** Channel of all the frames; `undefined` if they are of several. */
  readonly channel: string | undefined
  #bytes: Uint8Array<ArrayBuffer> | undefined
  /** The same bytes as one chunk of an HTTP/1.1 response. Set by the first sink that writes chunks. */
  chunk: Uint8Array | undefined = undefined

  constructor(parts: readonly Uint8Array<ArrayBuffer>[], channel?: string) {
    this.parts = parts
    this.channel = channel
    this.byteLength = parts.reduce((sum, { byteLength }) => sum + byteLength, 0)
  }

  /** All frames in one piece of memory, joined once. */
  get bytes(): Uint8Array<ArrayBuffer> {
    this.#bytes ??= joinBytes(this.parts, this.byteLength)
    return this.#bytes
  }

  /** Whether writing the frames one by one costs less than a copy of them. */
  get isLarge(): boolean {
    return this.byteLength >= LARGE_BYTES * this.parts.length
  }
}

function joinBytes(parts: SharedFrames['parts'], length: number): Uint8Array<ArrayBuffer> {
  if (parts.length === 1) return parts[0] as Uint8Array<ArrayBuffer>
  const joined = new Uint8Array(length)
  let offset = 0
  for (const part of parts) {
    joined.set(part, offset)
    offset += part.byteLength
  }
  return joined
}
