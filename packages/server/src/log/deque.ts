const MIN_WASTE = 1_024

/** A list that grows at its end and shrinks at its start, both in constant time. */
export class Deque<Item> {
  #items: Item[] = []
  #start = 0

  get length(): number {
    return this.#items.length - this.#start
  }

  /** Returns the item at `index` from the start, which must exist. */
  at(index: number): Item {
    return this.#items[this.#start + index] as Item
  }

  push(item: Item): void {
    this.#items.push(item)
  }

  shift(): Item | undefined {
    if (this.length === 0) return undefined
    const item = this.#items[this.#start]
    this.#items[this.#start] = undefined as Item // for the garbage collector
    this.#start += 1
    // Rare, and then at least half of the array: each item is moved about once.
    if (this.#start > MIN_WASTE && this.#start * 2 > this.#items.length) this.#compact()
    else if (this.#start === this.#items.length) this.clear()
    return item
  }

  slice(from: number, to: number): Item[] {
    return this.#items.slice(this.#start + from, this.#start + to)
  }

  clear(): void {
    this.#items = []
    this.#start = 0
  }

  #compact(): void {
    this.#items = this.#items.slice(this.#start)
    this.#start = 0
  }
}
