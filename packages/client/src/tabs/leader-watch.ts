const TICKS = 4

/**
 * Detects a leader that holds its lock and is silent, such as a page whose script hangs. A silent leader is pinged; one
 * that does not answer three pings is considered hung.
 *
 * Counts its own ticks instead of time: after a suspension, the leader gets the same chances to answer. A leader in a
 * hidden tab, whose timers are throttled, still answers messages.
 */
export class LeaderWatch {
  readonly #tickMs: number
  readonly #ping: () => void
  readonly #onHung: () => void
  #unanswered = 0
  #timer: ReturnType<typeof setInterval> | undefined

  constructor(hungAfterMs: number, ping: () => void, onHung: () => void) {
    this.#tickMs = hungAfterMs / TICKS
    this.#ping = ping
    this.#onHung = onHung
  }

  start(): void {
    this.stop()
    // Jitter: one tab detects it first, and the others learn it from that tab.
    const tickMs = this.#tickMs * (1 + Math.random() / 4)
    this.#timer = setInterval(() => this.#tick(), tickMs)
  }

  /** Records a message of the leader. */
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
    if (this.#unanswered < TICKS) return this.#ping()
    this.#unanswered = 0
    this.#onHung()
  }
}
