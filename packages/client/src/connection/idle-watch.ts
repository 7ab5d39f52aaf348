import { outsideZone } from './zone.ts'

/** A timer this late was suspended with its machine, or frozen with its page. */
const LATE_MS = 1_000
/** Time to read what arrived during the suspension. */
const GRACE_MS = 1_000
const MAX_TICK_MS = 5_000

/**
 * Detects a connection that died in silence, by the wall clock: time the machine was asleep counts as silence, and is
 * noticed within 5 s of its wake-up.
 */
export class IdleWatch {
  readonly #idleMs: number
  readonly #onIdle: () => void
  #heardAt = 0
  #timer: ReturnType<typeof setTimeout> | undefined

  /** @param idleMs - maximum silence in milliseconds; `Infinity` disables the watch. */
  constructor(idleMs: number, onIdle: () => void) {
    this.#idleMs = idleMs
    this.#onIdle = onIdle
  }

  /** Records a sign of life. Costs one look at the clock: the timer is not restarted. */
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
    const tick = () => {
      const now = Date.now()
      // A clock that was set back says nothing about the connection.
      this.#heardAt = Math.min(this.#heardAt, now)
      const isIdle = now - this.#heardAt > this.#idleMs
      // After a suspension, data in the socket is read only after this timer: allow time for it.
      if (isIdle && !isGrace && now > dueAt + LATE_MS) this.#tickIn(GRACE_MS, true)
      else if (isIdle) {
        this.stop()
        this.#onIdle()
      } else this.#tickIn(Math.min(MAX_TICK_MS, this.#idleMs / 4))
    }
    this.#timer = outsideZone(() => setTimeout(tick, tickMs))
  }
}
