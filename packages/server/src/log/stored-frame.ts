/** An event of the log, encoded once for every connection that writes it. */
export interface StoredFrame {
  readonly position: number
  /** `''` for an entry that cannot be sent: it takes up its position and belongs to no channel. */
  readonly channel: string
  readonly event: string
  /** Identifies channel and key if the channel delivers only the latest event of each key. */
  readonly latestKey: string | undefined
  /** Time of the append in milliseconds since 1970. */
  readonly at: number
  readonly bytes: Uint8Array<ArrayBuffer>
}
