/** Buckets grow by 5 %: from 0.01 ms on, 400 of them reach 1,000 hours. */
const FIRST_MS = 0.01
const GROWTH = Math.log(1.05)

/** How long things took, to within 5 %, in memory that does not grow. */
export class Histogram {
  count = 0
  readonly #buckets: number[] = []

  add(ms: number): void {
    const bucket = Math.max(0, Math.ceil(Math.log(ms / FIRST_MS) / GROWTH))
    this.#buckets[bucket] = (this.#buckets[bucket] ?? 0) + 1
    this.count += 1
  }

  /** What a share of them was not above, in milliseconds. */
  at(share: number): number {
    let left = this.count * share
    for (const [bucket, count = 0] of this.#buckets.entries()) {
      left -= count
      if (left <= 0) return FIRST_MS * Math.exp(bucket * GROWTH)
    }
    return 0
  }
}
