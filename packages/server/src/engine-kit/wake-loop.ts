/** What fails at once must not spin. */
const MAX_PAUSE_MS = 100

/** Wakes whoever asked to be, and listens from the first one on: an engine's `onWake`. */
export class WakeLoop {
  readonly #listen: () => Promise<void>
  readonly #callbacks = new Set<{ readonly call: () => void }>()
  #isListening = false
  #isClosed = false

  /** @param listen - hears of what others store, for as long as it can. What it rejects with is its own to tell. */
  constructor(listen: () => Promise<void>) {
    this.#listen = listen
  }

  get isClosed(): boolean {
    return this.#isClosed
  }

  /** @returns a function that takes the callback off again. */
  add(call: () => void): () => void {
    if (this.#isClosed) return () => {}
    const entry = { call } // the same callback may be there twice
    this.#callbacks.add(entry)
    if (!this.#isListening) {
      this.#isListening = true
      this.#run()
    }
    return () => this.#callbacks.delete(entry)
  }

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
