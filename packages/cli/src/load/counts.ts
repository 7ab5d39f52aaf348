/** Kinds that are told apart: their names come from servers, which may send any number. */
const MAX_KINDS = 40
const MAX_NAME_CHARS = 80

/** Number of occurrences by kind. */
export class Counts {
  readonly #kinds = new Map<string, number>()
  total = 0

  add(kind: string): void {
    const name = kind.slice(0, MAX_NAME_CHARS)
    const known = this.#kinds.has(name) || this.#kinds.size < MAX_KINDS ? name : 'other'
    this.#kinds.set(known, (this.#kinds.get(known) ?? 0) + 1)
    this.total += 1
  }

  /** Kinds and their numbers, the most frequent first. */
  entries(): [kind: string, count: number][] {
    return [...this.#kinds].sort(([, a], [, b]) => b - a)
  }

  toJSON(): Record<string, number> {
    return Object.fromEntries(this.entries())
  }
}
