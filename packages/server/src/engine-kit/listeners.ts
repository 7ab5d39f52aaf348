/** A set of callbacks. The same function may be added more than once. */
export class Listeners {
  readonly #entries = new Set<{ readonly callback: () => void }>()

  get size(): number {
    return this.#entries.size
  }

  /** @returns a function that removes the callback. */
  add(callback: () => void): () => void {
    const entry = { callback }
    this.#entries.add(entry)
    return () => this.#entries.delete(entry)
  }

  call(): void {
    for (const { callback } of [...this.#entries]) callback()
  }

  clear(): void {
    this.#entries.clear()
  }
}
