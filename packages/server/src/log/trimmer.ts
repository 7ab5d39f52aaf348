import { unref } from '../timing/periodic.ts'
import type { CheckedEngine } from './checked-engine.ts'
import type { Retention } from './engine.ts'

/** How often entries are checked for their age. */
const INTERVAL_MS = 10_000
/** Part of the retained count that may be added before the engine trims. */
const PART = 8

/** Makes the engine trim entries over the retention from time to time, one call at a time. */
export class Trimmer {
  readonly #engine: CheckedEngine
  readonly #retention: Retention
  readonly #onError: (error: unknown) => void
  #appended = 0
  #dueAt = 0
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

  /** Trims if it is due. */
  run(): void {
    if (this.#trimming || this.#isStopped) return
    if (performance.now() < this.#dueAt && !this.#isDue()) return
    this.#appended = 0
    this.#dueAt = performance.now() + INTERVAL_MS
    this.#trimming = this.#trim()
  }

  /** Resolves once nothing is in flight. Nothing is trimmed afterwards. */
  async stop(): Promise<void> {
    this.#isStopped = true
    clearTimeout(this.#timer)
    await this.#trimming
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
