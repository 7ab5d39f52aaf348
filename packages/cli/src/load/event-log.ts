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

  /** Returns the events that had arrived anywhere by this time. */
  until(time: number): ExpectedEvents {
    return new ExpectedEvents([...this.#events.values()].filter(({ at }) => at <= time))
  }
}

/** Events that every connection is expected to have. */
export class ExpectedEvents {
  readonly #events: readonly LoggedEvent[]

  constructor(events: readonly LoggedEvent[]) {
    this.#events = events
  }

  /** Index of the newest; -1 for none. */
  get newest(): number {
    return this.#events.at(-1)?.index ?? -1
  }

  /**
   * Returns how many of them follow the last one of a connection.
   *
   * @param lastIndex - highest index that it has received; -1 for none.
   * @param since - time from which on events are expected of it.
   */
  countAfter(lastIndex: number, since: number): number {
    // Both grow: looks at no more events than it counts.
    const last = this.#events.findLastIndex(({ index, at }) => index <= lastIndex || at <= since)
    return this.#events.length - 1 - last
  }
}
