import { createHistogram } from 'node:perf_hooks'

/** Percentiles in milliseconds. */
export interface Percentiles {
  /** Number of values. */
  readonly count: number
  readonly p50: number
  readonly p90: number
  readonly p99: number
  readonly max: number
}

/** Distribution of times, to three digits. Its memory does not grow. */
export class Latencies {
  /** In microseconds. */
  readonly #histogram = createHistogram()

  record(ms: number): void {
    this.#histogram.record(Math.max(1, Math.round(ms * 1_000)))
  }

  get count(): number {
    return this.#histogram.count
  }

  /** @param percent - 0 (exclusive) to 100. */
  percentile(percent: number): number {
    return this.#histogram.percentile(percent) / 1_000
  }

  /** Returns `undefined` if there is no value. */
  percentiles(): Percentiles | undefined {
    if (this.count === 0) return undefined
    return {
      count: this.count,
      p50: this.percentile(50),
      p90: this.percentile(90),
      p99: this.percentile(99),
      max: this.percentile(100),
    }
  }
}
