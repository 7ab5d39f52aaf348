/**
 * Names of the control events, which the library itself sends inside a stream. Every name that starts with `sse.`
 * is reserved. A client ignores a control event it does not know.
 *
 * @see docs/reference/protocol.md#control-events
 */
export const CONTROL = {
  /** First event of a hub's stream. Its id is the position the connection starts from. */
  open: 'sse.open',
  /** Keeps a quiet hub stream alive. Its id is the connection's current position. */
  heartbeat: 'sse.heartbeat',
  /** History does not reach back to the client's last event id: `{ reason, since? }`. */
  gap: 'sse.gap',
  /** The source has finished. Its id is `END_ID`. At the end of a run, its data is `{ status, code?, message? }`. */
  end: 'sse.end',
  /** The source has failed: `{ code, message }`. */
  error: 'sse.error',
} as const

/**
 * The id of the end of a finished stream. A client that sends it as its last event id has seen the end and gets
 * `204 No Content`, on which even a bare `EventSource` stops.
 */
export const END_ID = 'sse.end'

/** Payload of `sse.gap`: events the client missed no longer exist. */
export interface Gap {
  /**
   * `trimmed`: the client's last event id is older than the retained history. `epoch`: it belongs to another log.
   * `ahead`: it is ahead of the log. `restarted`: a run was started again, and its earlier events are void.
   */
  reason: 'epoch' | 'ahead' | 'trimmed' | 'restarted'
  /** Id of the oldest retained event, if there is one. */
  since?: string
}

/** Prefix of the control events' names. */
export const RESERVED_PREFIX = 'sse.'
/** Names a contract must not use: `open` and `error` belong to `EventSource`, `gap` to the client. */
export const RESERVED_NAMES: ReadonlySet<string> = new Set(['open', 'error', 'gap'])

/** Returns whether a contract must not use an event name, because the library or `EventSource` does. */
export function isReservedEvent(name: string): boolean {
  return name.startsWith(RESERVED_PREFIX) || RESERVED_NAMES.has(name)
}
