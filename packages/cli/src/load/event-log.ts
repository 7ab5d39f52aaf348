/** Ids that are remembered. A connection that is further behind is not compared. */
const MAX_IDS = 20_000

/** An event as the first of all connections received it. */
export interface LoggedEvent {
  /** Place in the order of that first arrival, from 0. */
  readonly index: number
  /** Time of that arrival, by `performance.now()`. */
  readonly at: number
}

/**
 * Order in which the connections of one stream received each id first. What one connection got and another did not, or
 * got twice, shows without knowing what the server has sent.
 */
export class EventLog {
  readonly #events = new Map<string, LoggedEvent>()
  #next = 0

  /** Returns the event of this id, and whether this is its first arrival. */
  arrive(id: string, now: number): { readonly event: LoggedEvent; readonly isFirst: boolean } {
    const known = this.#events.get(id)
    if (known) return { event: known, isFirst: false }
    const event = { index: this.#next, at: now }
    this.#next += 1
    this.#events.set(id, event)
    if (this.#events.size > MAX_IDS) this.#events.delete(this.#events.keys().next().value as string)
    return { event, isFirst: true }
  }

  /** Returns the newest event that had arrived anywhere by this time. */
  newestAt(time: number): LoggedEvent | undefined {
    let newest: LoggedEvent | undefined
    for (const event of this.#events.values()) {
      if (event.at > time) break
      newest = event
    }
    return newest
  }

  /**
   * Returns how many events from its last one up to `newest` a connection lacks.
   *
   * @param lastIndex - highest index that it has received; `undefined` if it had none.
   * @param openedAt - time it opened. Earlier events are not expected of a connection without any.
   */
  lacking(newest: LoggedEvent | undefined, lastIndex: number | undefined, openedAt: number): number {
    if (newest === undefined) return 0
    if (lastIndex !== undefined) return Math.max(0, newest.index - lastIndex)
    if (newest.at <= openedAt) return 0
    const first = [...this.#events.values()].find(({ at }) => at > openedAt)
    return first === undefined ? 0 : newest.index - first.index + 1
  }
}
