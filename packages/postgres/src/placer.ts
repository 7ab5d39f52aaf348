import type { Database } from './database.ts'

/** How soon to look for what a transaction of the app may have committed, and how much later each time it has not. */
const FIRST_MS = 5
/** How soon to look again while there is something each time: what is moved at once shares one commit. */
const BUSY_MS = 10
const FACTOR = 1.5
const MAX_MS = 250
/** For how long to look so often. */
const EAGER_MS = 15_000
/** How often every process looks, for those that died before they could. */
const IDLE_MS = 1_000

/** Gives what was committed to the outbox its place in the log. Any process may, at any time. */
export class Placer {
  readonly #database: Database
  readonly #onPlaced: () => void
  #delayMs = IDLE_MS
  #eagerUntil = 0
  #timer: ReturnType<typeof setTimeout> | undefined
  #isPlacing = false
  #isStopped = false

  constructor(database: Database, onPlaced: () => void) {
    this.#database = database
    this.#onPlaced = onPlaced
  }

  /** Begins to look now and then. */
  start(): void {
    if (this.#timer === undefined && !this.#isPlacing) this.#later()
  }

  /** Something was inserted, and will be committed some time. */
  soon(): void {
    this.#eagerUntil = performance.now() + EAGER_MS
    if (this.#delayMs <= BUSY_MS && (this.#timer !== undefined || this.#isPlacing)) return
    this.#delayMs = FIRST_MS
    if (!this.#isPlacing) this.#later()
  }

  stop(): void {
    this.#isStopped = true
    clearTimeout(this.#timer)
  }

  #later(): void {
    if (this.#isStopped) return
    clearTimeout(this.#timer)
    const delayMs = this.#delayMs === IDLE_MS ? IDLE_MS * (0.5 + Math.random() / 2) : this.#delayMs
    this.#timer = setTimeout(() => this.#place(), delayMs)
    this.#timer.unref()
  }

  async #place(): Promise<void> {
    this.#isPlacing = true
    this.#timer = undefined
    this.#delayMs = performance.now() < this.#eagerUntil ? Math.min(MAX_MS, this.#delayMs * FACTOR) : IDLE_MS
    try {
      for (;;) {
        const [row] = await this.#database.ask('keep', this.#database.statements.place)
        const taken = Number(row?.[0])
        if (taken > 0) {
          this.#onPlaced()
          this.#delayMs = BUSY_MS
        }
        if (taken < 1_000 || this.#isStopped) break
      }
    } catch {
      // Whoever publishes or reads is told.
    }
    this.#isPlacing = false
    this.#later()
  }
}
