import type { Batch } from '../log/batch.ts'
import type { SharedFrames } from '../log/shared-frames.ts'
import type { StoredFrame } from '../log/stored-frame.ts'
import { TurnClock } from '../log/turn-clock.ts'
import { nextTurn } from '../timing/next-turn.ts'

/** How long one turn of the event loop may be used, in milliseconds: live events wait that long. */
const TURN_MS = 4

/** A connection that moves to the head of the log. */
export interface CatchingUp {
  /** Takes one step. Returns whether another one can follow. Must not throw. */
  step(): boolean
}

/**
 * Divides the catching up of all connections of a hub among turns of the event loop, so that a storm of resumes does not
 * delay live events. The first connection takes its steps at once; when a turn's time is used up, those that are not at
 * the head wait, and take one step each in the order in which they came.
 */
export class CatchUpQueue {
  readonly #waiting = new Set<CatchingUp>()
  readonly #clock = new TurnClock(TURN_MS)
  #isTurn = false
  #last: Batch | undefined

  /** Idempotent. */
  add(connection: CatchingUp): void {
    this.#waiting.add(connection)
    if (this.#waiting.size === 1) this.#run()
  }

  /** Joins the frames of a batch. Connections that write the same frames one after another share the bytes. */
  join(batch: Batch): SharedFrames {
    this.#startTurn()
    if (!this.#last || !isSame(this.#last.frames, batch.frames)) this.#last = batch
    return this.#last.joined
  }

  #run(): void {
    this.#startTurn()
    for (const connection of this.#waiting) {
      if (this.#clock.isSpent) return
      this.#waiting.delete(connection)
      // Added again, it comes last.
      if (connection.step()) this.#waiting.add(connection)
    }
  }

  #startTurn(): void {
    if (this.#isTurn) return
    this.#isTurn = true
    this.#clock.restart()
    nextTurn(this.#endTurn)
  }

  readonly #endTurn = (): void => {
    this.#isTurn = false
    if (this.#waiting.size > 0) this.#run()
    else this.#last = undefined
  }
}

function isSame(a: readonly StoredFrame[], b: readonly StoredFrame[]): boolean {
  return a === b || (a.length === b.length && a.every((frame, at) => frame === b[at]))
}
