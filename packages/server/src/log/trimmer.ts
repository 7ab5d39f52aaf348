import type { Engine, Retention } from './engine.ts'

/** How often age is looked at, and the least part of the count that may pile up before it is. */
const INTERVAL_MS = 10_000
const PART = 8

/** Has the engine remove what exceeds the retention, now and then and one call at a time. */
export class Trimmer {
  readonly #engine: Engine
  readonly #retention: Retention
  readonly #onError: (error: unknown) => void
  #stored = 0
  #dueAt = 0
  #trimming: Promise<void> | undefined
  #isStopped = false

  constructor(engine: Engine, retention: Retention, onError: (error: unknown) => void) {
    this.#engine = engine
    this.#retention = retention
    this.#onError = onError
  }

  /** Notes that entries were added. */
  stored(count: number): void {
    this.#stored += count
    if (this.#stored > this.#retention.maxEvents / PART) this.run()
  }

  /** Trims if it is time to. */
  run(): void {
    const isDue = performance.now() >= this.#dueAt || this.#stored > this.#retention.maxEvents / PART
    if (this.#trimming || this.#isStopped || !isDue) return
    this.#stored = 0
    this.#dueAt = performance.now() + INTERVAL_MS
    this.#trimming = this.#trim()
  }

  /** Resolves when nothing is under way any more. */
  async stop(): Promise<void> {
    this.#isStopped = true
    await this.#trimming
  }

  async #trim(): Promise<void> {
    try {
      await this.#engine.trim(this.#retention)
    } catch (error) {
      this.#onError(error)
    }
    this.#trimming = undefined
  }
}
