/** From the bench to a storm's server. */
export type StormOrder = { type: 'fill'; events: number } | { type: 'spent' }

/** From a storm's server to the bench. */
export type StormAnswer =
  | { type: 'listening'; port: number }
  | { type: 'filled'; ids: string[] }
  /** Since the server listened: reads of the engine, and CPU time. */
  | { type: 'spent'; reads: number; cpuMs: number }
