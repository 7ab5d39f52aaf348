import { Deque } from './deque.ts'

interface Indexed {
  readonly position: number
  readonly channel: string
}

/**
 * Entries in the order of their positions, without holes, with an index of each channel: the cost of reading a quiet
 * channel depends on that channel's entries alone.
 */
export class IndexedLog<Item extends Indexed> {
  readonly #items = new Deque<Item>()
  readonly #channels = new Map<string, Deque<number>>()
  #head: number

  /** @param head - position before the first entry that will be pushed. */
  constructor(head: number) {
    this.#head = head
  }

  /** Position of the newest entry ever pushed. */
  get head(): number {
    return this.#head
  }

  /** Position of the oldest entry, or `head + 1` without one. */
  get oldest(): number {
    return this.#head - this.#items.length + 1
  }

  get length(): number {
    return this.#items.length
  }

  /** Oldest entry. */
  get first(): Item | undefined {
    return this.#items.length === 0 ? undefined : this.#items.at(0)
  }

  /** Adds an entry, whose position must be `head + 1`. */
  push(item: Item): void {
    this.#items.push(item)
    this.#head = item.position
    const positions = this.#channels.get(item.channel)
    if (positions) positions.push(item.position)
    else {
      const first = new Deque<number>()
      first.push(item.position)
      this.#channels.set(item.channel, first)
    }
  }

  /** Removes the oldest entry. */
  shift(): Item | undefined {
    const item = this.#items.shift()
    if (!item) return undefined
    const positions = this.#channels.get(item.channel) as Deque<number>
    positions.shift()
    if (positions.length === 0) this.#channels.delete(item.channel)
    return item
  }

  /** Returns up to `limit` entries after a position, in order; with `channels`, only entries of those. */
  after(position: number, limit: number, channels?: readonly string[]): Item[] {
    if (!channels) {
      const from = Math.max(0, position + 1 - this.oldest)
      return this.#items.slice(from, Math.min(from + limit, this.#items.length))
    }
    const positions: number[] = []
    for (const channel of channels) {
      const all = this.#channels.get(channel)
      if (!all) continue
      const from = firstAfter(all, position)
      for (const found of all.slice(from, Math.min(from + limit, all.length))) positions.push(found)
    }
    if (channels.length > 1) positions.sort((a, b) => a - b)
    const oldest = this.oldest
    return positions.slice(0, limit).map((found) => this.#items.at(found - oldest))
  }

  /** Removes every entry and continues after `head`. */
  reset(head: number): void {
    this.#items.clear()
    this.#channels.clear()
    this.#head = head
  }
}

/** Returns the index of the first position above `position`. */
function firstAfter(positions: Deque<number>, position: number): number {
  let low = 0
  let high = positions.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (positions.at(middle) > position) high = middle
    else low = middle + 1
  }
  return low
}
