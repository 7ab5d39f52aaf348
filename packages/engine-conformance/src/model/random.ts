/** Pseudo-random numbers: a seed gives the same ones on every machine (mulberry32). */
export class Random {
  #state: number

  constructor(seed: number) {
    this.#state = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) >>> 0
  }

  /** Returns a whole number below `end`. */
  int(end: number): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * end)
  }

  /** Returns `true` with a probability. */
  chance(probability: number): boolean {
    return this.int(1_000_000) < probability * 1_000_000
  }

  pick<Item>(items: readonly Item[]): Item {
    return items[this.int(items.length)] as Item
  }

  /** Returns some of the items, at least one, in order. */
  some<Item>(items: readonly Item[]): Item[] {
    const chosen = items.filter(() => this.chance(0.5))
    return chosen.length > 0 ? chosen : [this.pick(items)]
  }

  /** Returns one of the names, by weight: `{ publish: 5, trim: 1 }`. */
  weighted<Name extends string>(weights: Readonly<Record<Name, number>>): Name {
    const names = Object.keys(weights) as Name[]
    let left = this.int(names.reduce((sum, name) => sum + weights[name], 0))
    for (const name of names) {
      left -= weights[name]
      if (left < 0) return name
    }
    return names[0] as Name
  }

  /** Returns an independent sequence: taking numbers from it does not change this one. */
  fork(): Random {
    return new Random(this.int(2 ** 32))
  }
}
