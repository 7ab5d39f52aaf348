import { Listeners } from './listeners.ts'

/** Maximum pause after `listen` has failed, so that a failure at once does not spin. */
const MAX_PAUSE_MS = 100

/** The callbacks of an engine's `onWake`. It listens while there is at least one. */
export class WakeLoop {
  readonly #listen: () => Promise<void>
  readonly #stop: () => void
  readonly #listeners = new Listeners()
  #isListening = false
  #isClosed = false

  /**
   * @param listen - listens for appends of other processes until it fails or is stopped. Its rejections are not
   * reported.
   * @param stop - called when the last callback was removed, and on `close`: `listen` must settle soon after. Idempotent.
   */
  constructor(listen: () => Promise<void>, stop: () => void = () => {}) {
    this.#listen = listen
    this.#stop = stop
  }

  get isClosed(): boolean {
    return this.#isClosed
  }

  /** Adds a callback and returns a function that removes it. */
  add(callback: () => void): () => void {
    if (this.#isClosed) return () => {}
    const remove = this.#listeners.add(callback)
    if (!this.#isListening) {
      this.#isListening = true
      this.#run()
    }
    return () => {
      const before = this.#listeners.size
      remove()
      if (before > 0 && this.#listeners.size === 0) this.#stop()
    }
  }

  /** Calls every callback. */
  wake(): void {
    this.#listeners.call()
  }

  close(): void {
    this.#isClosed = true
    this.#listeners.clear()
    this.#stop()
  }

  async #run(): Promise<void> {
    while (this.#listeners.size > 0) {
      try {
        await this.#listen()
      } catch {
        await new Promise((resolve) => setTimeout(resolve, Math.random() * MAX_PAUSE_MS))
      }
    }
    this.#isListening = false
  }
}
