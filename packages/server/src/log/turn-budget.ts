import type { TurnClock } from './turn-clock.ts'

/** Calls, or bytes, between two looks at the clock. */
const CHECK_CALLS = 32
const CHECK_BYTES = 65_536

/** Divides a long task among turns of the event loop. */
export class TurnBudget {
  readonly #clock: TurnClock
  #calls = 0
  #bytes = 0

  /** @param clock - of this task, or shared by several that together may use a turn. */
  constructor(clock: TurnClock) {
    this.#clock = clock
  }

  /**
   * Awaited after each small piece of work: resolves in a later turn once this turn's time is used up.
   *
   * @param bytes - size of the piece: large pieces take long.
   */
  spend(bytes: number): Promise<void> | undefined {
    this.#calls += 1
    this.#bytes += bytes
    if (this.#calls < CHECK_CALLS && this.#bytes < CHECK_BYTES) return undefined
    this.#calls = 0
    this.#bytes = 0
    return this.#clock.isSpent ? this.#clock.wait() : undefined
  }
}
