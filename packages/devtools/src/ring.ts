/** The newest of many: holds at most `limit` items, and counts those that had to go. */
export class Ring<Item> {
  readonly #limit: number
  #items: Item[] = []
  #dropped = 0

  constructor(limit: number) {
    this.#limit = limit
  }

  push(item: Item): void {
    this.#items.push(item)
    // Now and then rather than each time, which would move all of them with each.
    if (this.#items.length >= 2 * this.#limit) this.#trim()
  }

  /** Oldest first. */
  get items(): readonly Item[] {
    this.#trim()
    return this.#items
  }

  get last(): Item | undefined {
    return this.#items.at(-1)
  }

  /** How many are held no more. */
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
