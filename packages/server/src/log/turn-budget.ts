import { nextTurn } from '../timing/next-turn.ts'

/** How long one turn of the event loop may be used before others get theirs, in milliseconds. */
const TURN_MS = 8
/** Calls between two looks at the clock. */
const CHECK_EVERY = 32

/** Divides long work among turns of the event loop. */
export class TurnBudget {
  #calls = 0
  #startedAt = performance.now()

  /** Awaited after each small piece of work: resolves in a later turn once this turn's time is used up. */
  spend(): Promise<void> | undefined {
    this.#calls += 1
    if (this.#calls % CHECK_EVERY !== 0 || performance.now() - this.#startedAt < TURN_MS) return undefined
    return this.#rest()
  }

  async #rest(): Promise<void> {
    await new Promise<void>(nextTurn)
    this.#startedAt = performance.now()
  }
}
