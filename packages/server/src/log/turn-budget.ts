import { nextTurn } from '../timing/next-turn.ts'

/** Calls, or bytes, between two looks at the clock. */
const CHECK_CALLS = 32
const CHECK_BYTES = 65_536

/** Divides long work among turns of the event loop. */
export class TurnBudget {
  readonly #turnMs: number
  readonly #waiting: (() => void)[] = []
  #calls = 0
  #bytes = 0
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

  /**
   * Awaited after each small piece of work: resolves in a later turn once this turn's time is used up. Tasks that wait
   * get one turn each, in their order.
   *
   * @param bytes - size of the piece: large pieces take long.
   */
  spend(bytes = 0): Promise<void> | undefined {
    this.#calls += 1
    this.#bytes += bytes
    if (this.#calls < CHECK_CALLS && this.#bytes < CHECK_BYTES) return undefined
    this.#calls = 0
    this.#bytes = 0
    if (this.#waiting.length === 0 && !this.isSpent) return undefined
    return new Promise((resolve) => {
      if (this.#waiting.push(resolve) === 1) nextTurn(this.#resume)
    })
  }

  readonly #resume = (): void => {
    this.restart()
    this.#waiting.shift()?.()
    if (this.#waiting.length > 0) nextTurn(this.#resume)
  }
}
