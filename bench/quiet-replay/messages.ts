export interface ReplayAnswer {
  type: 'replayed'
  /** One replay each. */
  tookMs: number[]
  /** Of the engine, for one replay. */
  reads: number
}
