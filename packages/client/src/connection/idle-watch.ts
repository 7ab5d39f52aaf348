/** A timer this late was asleep with its machine, or frozen with its page. */
const LATE_MS = 1_000
/** How long what came meanwhile has to be read, then. */
const GRACE_MS = 1_000
const MAX_TICK_MS = 5_000

/**
 * Finds a connection that died in silence, by the wall clock: what a machine slept through counts as silence,
 * and is noticed within 5 s of its waking.
 */
export class IdleWatch {
  readonly #idleMs: number
  readonly #onIdle: () => void
  #heardAt = 0
  #timer: ReturnType<typeof setTimeout> | undefined

  /** @param idleMs - `Infinity`: it never is. */
  constructor(idleMs: number, onIdle: () => void) {
    this.#idleMs = idleMs
    this.#onIdle = onIdle
  }

  /** A sign of life. Costs a look at the clock: the timer runs on as it is. */
  heard(): void {
    this.#heardAt = Date.now()
    if (!this.#timer && this.#idleMs < Infinity) this.#tickIn(Math.min(MAX_TICK_MS, this.#idleMs / 4))
  }

  stop(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
  }

  #tickIn(tickMs: number, isGrace?: boolean): void {
    const dueAt = Date.now() + tickMs
    this.#timer = setTimeout(() => {
      const now = Date.now()
      // A clock set back says nothing about the connection.
      this.#heardAt = Math.min(this.#heardAt, now)
      const isIdle = now - this.#heardAt > this.#idleMs
      // After a sleep, what lies in the socket is read after this timer: it gets a chance.
      if (isIdle && !isGrace && now > dueAt + LATE_MS) this.#tickIn(GRACE_MS, true)
      else if (isIdle) {
        this.stop()
        this.#onIdle()
      } else this.#tickIn(Math.min(MAX_TICK_MS, this.#idleMs / 4))
    }, tickMs)
  }
}
