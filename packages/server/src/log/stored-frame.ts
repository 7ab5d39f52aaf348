import { encodeMessage } from '@sse/contract/protocol'
import type { Entry } from './engine.ts'
import { formatId } from './id.ts'

const encoder = new TextEncoder()

/** An event of the log, encoded once for every connection that will ever write it. */
export interface StoredFrame {
  readonly position: number
  readonly channel: string
  readonly event: string
  readonly key: string | undefined
  /** When it was stored, in milliseconds since 1970. */
  readonly at: number
  readonly bytes: Uint8Array<ArrayBuffer>
}

export function encodeFrame(epoch: string, { position, channel, key, at, event, data }: Entry): StoredFrame {
  const text = encodeMessage({ id: formatId({ epoch, position }), event, data })
  return { position, channel, event, key, at, bytes: encoder.encode(text) }
}

/** One piece of memory with all of them, in order. */
export function joinFrames(frames: readonly StoredFrame[]): Uint8Array<ArrayBuffer> {
  if (frames.length === 1) return (frames[0] as StoredFrame).bytes
  let length = 0
  for (const { bytes } of frames) length += bytes.byteLength
  const joined = new Uint8Array(length)
  let offset = 0
  for (const { bytes } of frames) {
    joined.set(bytes, offset)
    offset += bytes.byteLength
  }
  return joined
}
