/**
 * Names of the control events: what the library itself says inside a stream. Every name that starts with
 * `sse.` is reserved; a client that does not know one ignores it.
 *
 * @see docs/PROTOCOL.md#control-events
 */
export const CONTROL = {
  /** The first event of a hub's stream: its id is where the connection stands. */
  open: 'sse.open',
  /** A quiet hub's stream: its id is where the connection stands by now. */
  heartbeat: 'sse.heartbeat',
  /** History does not reach back to the id the client came with: `{ reason, since? }`. */
  gap: 'sse.gap',
  /** The source has finished; its id is `END_ID`. */
  end: 'sse.end',
  /** The source has failed: `{ code, message }`. */
  error: 'sse.error',
} as const

/**
 * The id of the end of a finished stream. A client that presents it as its last id has seen the end: it gets
 * `204 No Content`, on which even a bare `EventSource` stops.
 */
export const END_ID = 'sse.end'

/** The payload of `sse.gap`. */
export interface Gap {
  /** `epoch`: the id is of another log; `ahead`: of the future; `trimmed`: older than what is retained. */
  reason: 'epoch' | 'ahead' | 'trimmed'
  /** The oldest id still held, where there is one. */
  since?: string
}

export const RESERVED_PREFIX = 'sse.'
/** Names a contract may not use: the first two are `EventSource`'s own, `gap` is the client's. */
export const RESERVED_NAMES: ReadonlySet<string> = new Set(['open', 'error', 'gap'])
