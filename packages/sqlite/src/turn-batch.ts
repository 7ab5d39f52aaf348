/** Gathers what is added within one turn of the event loop, and has it written at once. */
export class TurnBatch<Item> {
  readonly #write: (items: readonly Item[]) => Promise<void>
  #items: Item[] = []
  #written: Promise<void> | undefined

  constructor(write: (items: readonly Item[]) => Promise<void>) {
    this.#write = write
  }

  /** Resolves once the item, and all of its turn, is written. */
  add(item: Item): Promise<void> {
    this.#items.push(item)
    this.#written ??= this.#writeNextTurn()
    return this.#written
  }

  async #writeNextTurn(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve))
    const items = this.#items
    this.#items = []
    this.#written = undefined
    await this.#write(items)
  }
}
