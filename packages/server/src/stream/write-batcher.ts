import { nextTurn } from '../timing/next-turn.ts'
import type { Sink } from './sink.ts'

/**
 * Characters of one turn that are written at once even if the turn goes on. Measured with payloads of 100
 * bytes, as events per CPU second of what 64 KB gives, with 1 / with 100 connections: 4 KB 0.55 / 0.65, 16 KB
 * 0.8 / 0.9, 32 KB 0.9 / 1.1, 256 KB 0.85 / 0.5.
 */
const MAX_BATCH_CHARS = 65_536

/**
 * One connection's way out: what is sent within a turn of the event loop becomes one write, and `full` says
 * when to stop sending. It holds no queue: a sender that minds `full` has at most one batch here.
 */
export class WriteBatcher {
  readonly #sink: Sink
  readonly #onRoom: () => void
  #batch = ''
  #isScheduled = false
  #isResting = false
  #isFull = false
  #isEnded = false

  constructor(sink: Sink, onRoom: () => void) {
    this.#sink = sink
    this.#onRoom = onRoom
  }

  /** Whether the sender must wait for `onRoom`: the peer's window is full, or this turn had its share. */
  get full(): boolean {
    return this.#isFull || this.#isResting
  }

  send(frame: string): void {
    if (this.#isEnded) return
    this.#batch += frame
    if (this.#batch.length >= MAX_BATCH_CHARS) {
      this.#flush()
      // A source that never waits would keep timers and disconnects from ever being seen.
      this.#isResting = true
      nextTurn(this.#onRested)
    } else if (!this.#isScheduled) {
      this.#isScheduled = true
      this.#sink.afterTurn(this.#onTurnEnd)
    }
  }

  /** The sink has room again. */
  drained(): void {
    if (!this.#isFull) return
    this.#isFull = false
    if (!this.full) this.#onRoom()
  }

  /** Writes what is left and ends the response; later sends are dropped. */
  end(): void {
    if (this.#isEnded) return
    this.#flush()
    this.#isEnded = true
    this.#sink.end()
  }

  /** The peer is gone: drops what is left. */
  discard(): void {
    this.#isEnded = true
    this.#batch = ''
  }

  #flush(): void {
    if (this.#batch === '' || this.#isEnded) return
    const batch = this.#batch
    this.#batch = ''
    if (!this.#sink.write(batch)) this.#isFull = true
  }

  readonly #onTurnEnd = (): void => {
    this.#isScheduled = false
    this.#flush()
  }

  readonly #onRested = (): void => {
    this.#isResting = false
    if (!this.full && !this.#isEnded) this.#onRoom()
  }
}
