/** Current state of a hub, and counts since it was created. */
export interface HubStats {
  /** Open connections. */
  readonly connections: number
  /** Connections and loops that wait for room or read what they missed. */
  readonly lagging: number
  /** Channels with a connection or a loop. */
  readonly channels: number
  /** Position of the newest event this process has read. 0 until the first subscription. */
  readonly head: number
  readonly ringEvents: number
  readonly ringBytes: number
  /** Events stored by `publish` in this process. */
  readonly published: number
  /** Bytes of live frames passed to connections, before compression. */
  readonly deliveredBytes: number
  /** How often a connection started to read what it had missed. */
  readonly catchUps: number
  /** How often a connection got a gap: history is missing. */
  readonly gaps: number
  /** Requests rejected by a limit or by `drain`. */
  readonly rejected: number
  /** Entries of the engine that cannot be delivered, such as one without an event name. */
  readonly skipped: number
}
