import { Listeners } from './listeners.ts'

/** Maximum pause after `listen` has failed, so that a failure at once does not spin. */
const MAX_PAUSE_MS = 100

/** The callbacks of an engine's `onWake`. It listens from the first one on. */
export class WakeLoop {
  readonly #listen: () => Promise<void>
  readonly #listeners = new Listeners()
  #isListening = false
  #isClosed = false

  /** @param listen - listens for appends of other processes until it fails. Its rejections are not reported. */
  constructor(listen: () => Promise<void>) {
    this.#listen = listen
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
    return remove
  }

  /** Calls every callback. */
  wake(): void {
    this.#listeners.call()
  }

  close(): void {
    this.#isClosed = true
    this.#listeners.clear()
  }

  async #run(): Promise<void> {
    while (!this.#isClosed) {
      try {
        await this.#listen()
      } catch {
        await new Promise((resolve) => setTimeout(resolve, Math.random() * MAX_PAUSE_MS))
      }
    }
  }
}
