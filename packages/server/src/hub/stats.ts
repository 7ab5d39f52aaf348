/** What a hub is doing, and what it has done since it was made. */
export interface HubStats {
  /** Open now. */
  readonly connections: number
  /** Of those and of loops, how many wait for room or for what they missed. */
  readonly lagging: number
  /** Channels that somebody follows now. */
  readonly channels: number
  /** Position of the newest event seen. */
  readonly head: number
  readonly ringEvents: number
  readonly ringBytes: number
  /** Events stored by `publish` in this process. */
  readonly published: number
  /** Bytes of live frames handed to connections. */
  readonly deliveredBytes: number
  /** How often a connection went back to reading what it had missed. */
  readonly catchUps: number
  /** How often a connection was told that history is missing. */
  readonly gaps: number
  /** How many requests were refused by a limit or by `drain`. */
  readonly rejected: number
}
