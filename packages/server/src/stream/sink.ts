import type { SharedFrames } from '../log/shared-frames.ts'

/** Where frames leave the process: one class per kind of response. */
export interface Sink {
  /** Writes whole frames, never nothing: an empty chunk would end the body. `false`: they were taken, but there is no room for more until the owner's `drained`. */
  write(data: string | Uint8Array): boolean
  /** Writes frames that many connections share. Returns as `write` does. */
  writeShared(frames: SharedFrames): boolean
  /** Ends the response cleanly. */
  end(): void
  /** Cuts the response off. Drops what it has not sent yet. */
  destroy(): void
  /** Runs `task` when the current turn has nothing left to do but wait. */
  afterTurn(task: () => void): void
  /** Makes the end of this response also close the transport below it, where that is possible. */
  closeTransport(): void
}

/** What a sink reports to: the connection. */
export interface SinkOwner {
  /** Bytes of frames that the sink has taken. The sink adds to it. */
  sentBytes: number
  /** How long a full response may make no progress before `stalled` is called, in milliseconds. `Infinity`: no limit. */
  readonly stallTimeoutMs: number
  /** The response is full and has made no progress for `stallTimeoutMs`. */
  stalled(): void
  /** The response has room again. */
  drained(): void
  /** Writing to the response threw. */
  broken(error: unknown): void
}
