import { nextTurn } from '../timing/next-turn.ts'

/** Measures how long some work uses a turn of the event loop, and makes what exceeds that wait for later turns. */
export class TurnClock {
  readonly #turnMs: number
  readonly #waiting: (() => void)[] = []
  #startedAt = performance.now()

  /** @param turnMs - how long one turn of the event loop may be used before others get theirs, in milliseconds. */
  constructor(turnMs: number) {
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

  /** Resolves in a later turn. Tasks that wait get one turn each, in their order. */
  wait(): Promise<void> {
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
