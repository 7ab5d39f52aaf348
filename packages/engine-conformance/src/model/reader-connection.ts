import type { Frame } from './frames.ts'

/** A reader's connection to a hub. What arrives waits in `frames` until the reader takes it. */
export interface ReaderConnection {
  readonly frames: Frame[]
  /** Whether the hub has started to write. */
  readonly isOpen: boolean
  /** Whether the hub waits for room; `undefined` if that is unknown. */
  readonly isFull: boolean | undefined
  readonly isEnded: boolean
  /** The error a refused connection was answered with. */
  readonly refusal: string | undefined
  /** Sets whether the reader takes what is written. */
  setFlowing(isFlowing: boolean): void
  /** Disconnects without notice. */
  drop(): void
}
