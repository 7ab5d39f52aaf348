import { nextTurn } from '../timing/next-turn.ts'

/** Calls between two looks at the clock. */
const CHECK_EVERY = 32

/** Divides long work among turns of the event loop. */
export class TurnBudget {
  readonly #turnMs: number
  #calls = 0
  #startedAt = performance.now()

  /** @param turnMs - how long one turn of the event loop may be used before others get theirs, in milliseconds. */
  constructor(turnMs = 8) {
    this.#turnMs = turnMs
  }

  /** Whether this turn's time is used up. */
  get isSpent(): boolean {
    return performance.now() - this.#startedAt >= this.#turnMs
  }

  /** Begins the time of another turn. */
  restart(): void {
    this.#startedAt = performance.now()
  }

  /** Awaited after each small piece of work: resolves in a later turn once this turn's time is used up. */
  spend(): Promise<void> | undefined {
    this.#calls += 1
    return this.#calls % CHECK_EVERY === 0 && this.isSpent ? this.#rest() : undefined
  }

  async #rest(): Promise<void> {
    await new Promise<void>(nextTurn)
    this.restart()
  }
}
