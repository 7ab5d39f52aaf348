/** Value that stands for all others: the name semantic conventions use for it. */
const OTHER = '_OTHER'

/**
 * Keeps the number of time series bounded, whatever names an app makes: values after the first `max` different ones
 * become `_OTHER`.
 */
export class BoundedValues {
  readonly #known = new Set<string>()
  readonly #max: number

  constructor(max: number) {
    this.#max = max
  }

  of(value: string): string {
    if (this.#known.has(value)) return value
    if (this.#known.size >= this.#max) return OTHER
    this.#known.add(value)
    return value
  }
}
