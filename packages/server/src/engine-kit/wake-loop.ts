/** Maximum pause after `listen` has failed, so that a failure at once does not spin. */
const MAX_PAUSE_MS = 100

/** The callbacks of an engine's `onWake`. It listens from the first one on. */
export class WakeLoop {
  readonly #listen: () => Promise<void>
  readonly #callbacks = new Set<{ readonly call: () => void }>()
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
  add(call: () => void): () => void {
    if (this.#isClosed) return () => {}
    const entry = { call } // the same callback may be added twice
    this.#callbacks.add(entry)
    if (!this.#isListening) {
      this.#isListening = true
      this.#run()
    }
    return () => this.#callbacks.delete(entry)
  }

  /** Calls every callback. */
  wake(): void {
    for (const { call } of [...this.#callbacks]) call()
  }

  close(): void {
    this.#isClosed = true
    this.#callbacks.clear()
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
