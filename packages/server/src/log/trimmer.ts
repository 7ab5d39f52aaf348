import type { Engine, Retention } from './engine.ts'

/** How often entries are checked for their age. */
const INTERVAL_MS = 10_000
/** Part of the retained count that may be added before the engine trims. */
const PART = 8

/** Makes the engine trim entries over the retention from time to time, one call at a time. */
export class Trimmer {
  readonly #engine: Engine
  readonly #retention: Retention
  readonly #onError: (error: unknown) => void
  #appended = 0
  #dueAt = 0
  #trimming: Promise<void> | undefined
  #isStopped = false

  constructor(engine: Engine, retention: Retention, onError: (error: unknown) => void) {
    this.#engine = engine
    this.#retention = retention
    this.#onError = onError
  }

  /** Entries were appended: trims if many were. */
  appended(count: number): void {
    this.#appended += count
    if (this.#appended > this.#retention.maxEvents / PART) this.run()
  }

  /** Trims if it is due. */
  run(): void {
    const isDue = performance.now() >= this.#dueAt || this.#appended > this.#retention.maxEvents / PART
    if (this.#trimming || this.#isStopped || !isDue) return
    this.#appended = 0
    this.#dueAt = performance.now() + INTERVAL_MS
    this.#trimming = this.#trim()
  }

  /** Resolves once nothing is in flight. Nothing is trimmed afterwards. */
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
