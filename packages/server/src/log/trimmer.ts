import { unref } from '../timing/periodic.ts'
import type { CheckedEngine } from './checked-engine.ts'
import type { Retention } from './engine.ts'

/** How often the engine trims while entries are added. */
const INTERVAL_MS = 10_000
/** How often it does within a maximum age while none are, but not more often than that: what is too old stays so long. */
const PARTS_OF_AGE = 24
/** Part of the retained count that may be added before the engine trims. */
const PART = 8

/** Makes the engine trim entries over the retention from time to time, one call at a time. */
export class Trimmer {
  readonly #engine: CheckedEngine
  readonly #retention: Retention
  readonly #onError: (error: unknown) => void
  #appended = 0
  #trimmedAt = Number.NEGATIVE_INFINITY
  /** Head of the followed log, and when it was last seen to change. */
  #head = -1
  #grownAt = 0
  #timer: ReturnType<typeof setTimeout> | undefined
  #trimming: Promise<void> | undefined
  #isStopped = false

  constructor(engine: CheckedEngine, retention: Retention, onError: (error: unknown) => void) {
    this.#engine = engine
    this.#retention = retention
    this.#onError = onError
  }

  /** Entries were appended: trims soon, or at once if many were. */
  appended(count: number): void {
    this.#appended += count
    if (this.#isDue()) this.run()
    if (this.#timer !== undefined || this.#isStopped || this.#appended === 0) return
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      this.run()
    }, INTERVAL_MS)
    unref(this.#timer)
  }

  /** The log is followed, and ends at `head`: trims if it is due. Called about once a second. */
  followed(head: number): void {
    const now = performance.now()
    if (head !== this.#head) this.#grownAt = now
    this.#head = head
    if (now - this.#trimmedAt >= this.#intervalMs()) this.run()
  }

  /** Trims, unless that was done a moment ago. */
  run(): void {
    if (this.#trimming || this.#isStopped) return
    if (performance.now() - this.#trimmedAt < INTERVAL_MS && !this.#isDue()) return
    this.#appended = 0
    this.#trimmedAt = performance.now()
    this.#trimming = this.#trim()
  }

  /** Resolves once nothing is in flight. Nothing is trimmed afterwards. */
  async stop(): Promise<void> {
    this.#isStopped = true
    clearTimeout(this.#timer)
    await this.#trimming
  }

  /** Time between two trims. A log that has not grown since the last one has only become older. */
  #intervalMs(): number {
    const { maxAgeMs, maxCommitAgeMs } = this.#retention
    if (this.#grownAt > this.#trimmedAt) return INTERVAL_MS
    const isEmpty = this.#trimmedAt - this.#grownAt > maxAgeMs + INTERVAL_MS
    const ageMs = Math.min(isEmpty ? Number.POSITIVE_INFINITY : maxAgeMs, maxCommitAgeMs)
    return Math.max(INTERVAL_MS, ageMs / PARTS_OF_AGE)
  }

  #isDue(): boolean {
    return this.#appended > this.#retention.maxEvents / PART
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
