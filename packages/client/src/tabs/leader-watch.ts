const TICKS = 4

/**
 * Finds a leader that holds its lock and says nothing, as a page whose script hangs does. Who is silent is
 * asked; who does not answer three times is hung.
 *
 * It counts its own ticks, not the time: after a sleep, the leader gets the same chances to answer. And a
 * leader in a hidden tab, whose timers are throttled, answers all the same.
 */
export class LeaderWatch {
  readonly #tickMs: number
  readonly #ask: () => void
  readonly #onHung: () => void
  #unanswered = 0
  #timer: ReturnType<typeof setInterval> | undefined

  constructor(hungAfterMs: number, ask: () => void, onHung: () => void) {
    this.#tickMs = hungAfterMs / TICKS
    this.#ask = ask
    this.#onHung = onHung
  }

  start(): void {
    this.stop()
    // Not the same in all tabs: one finds it first, and the others hear of it.
    const tickMs = this.#tickMs * (1 + Math.random() / 4)
    this.#timer = setInterval(() => this.#tick(), tickMs)
  }

  heard(): void {
    this.#unanswered = -1
  }

  stop(): void {
    clearInterval(this.#timer)
    this.#unanswered = 0
  }

  #tick(): void {
    this.#unanswered += 1
    if (this.#unanswered === 0) return // heard since the last tick
    if (this.#unanswered < TICKS) return this.#ask()
    this.#unanswered = 0
    this.#onHung()
  }
}
