/** A connection that the bench opens to the counted process. */
export interface Opening {
  port: number
  lastEventId?: string
  /** It is open when this has been read … */
  until: string
  /** … so many times. Default: once. */
  times?: number
}

/** What one function costs for each unit: syntax tokens that run, bytes that it allocates, and bytes that Node allocates for it. */
export type Cost = readonly [tokens: number, ownBytes: number, nodeBytes: number]

/** By file and name. */
export type Costs = Readonly<Record<string, Cost>>

/** From the counted process to the bench. */
export type CountedAnswer = { type: 'open'; opening: Opening } | { type: 'counted'; costs: Costs }

/** From the bench to the counted process. */
export type CountedOrder = { type: 'opened' }
