export interface ReaderTarget {
  readonly protocol: 'http1' | 'http2'
  readonly port: number
  readonly owner: string
}

/** How well-behaved clients have fared. */
export interface ReaderReport {
  /** Events measured, of all readers. */
  readonly count: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly maxMs: number
  /** Counted since the beginning. */
  readonly readers: readonly {
    readonly name: string
    /** Serial of its newest event. */
    readonly last: number
    readonly missing: number
    readonly doubled: number
    /** How often its stream has ended. */
    readonly ends: number
  }[]
}
