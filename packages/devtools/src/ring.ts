/** Keeps the newest `limit` items and counts the dropped ones. */
export class Ring<Item> {
  readonly #limit: number
  #items: Item[] = []
  #dropped = 0

  constructor(limit: number) {
    this.#limit = limit
  }

  push(item: Item): void {
    this.#items.push(item)
    // Not with every item: trimming moves all of them.
    if (this.#items.length >= 2 * this.#limit) this.#trim()
  }

  /** Items, oldest first. */
  get items(): readonly Item[] {
    this.#trim()
    return this.#items
  }

  get last(): Item | undefined {
    return this.#items.at(-1)
  }

  /** Number of items dropped. */
  get dropped(): number {
    this.#trim()
    return this.#dropped
  }

  clear(): void {
    this.#items = []
    this.#dropped = 0
  }

  #trim(): void {
    const over = this.#items.length - this.#limit
    if (over <= 0) return
    this.#items = this.#items.slice(over)
    this.#dropped += over
  }
}
