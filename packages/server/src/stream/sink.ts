import type { SharedFrames } from '../log/shared-frames.ts'

/** Where frames leave the process: one per kind of response. */
export interface Sink {
  /** Hands over whole frames. `false`: it took them, and has no room for more until it calls `drained`. */
  write(text: string): boolean
  /** The same for frames that many connections write. */
  writeShared(frames: SharedFrames): boolean
  /** Ends the response cleanly. */
  end(): void
  /** Cuts the response off, and drops what it has not sent yet. */
  destroy(): void
  /** Runs `task` when the current turn has nothing left to do but wait. */
  afterTurn(task: () => void): void
}

/** What a sink tells when a response it has filled makes no progress. */
export interface StallWatch {
  /** How long that may take, in milliseconds; `Infinity`: for ever. */
  readonly stallTimeoutMs: number
  stalled(): void
}
