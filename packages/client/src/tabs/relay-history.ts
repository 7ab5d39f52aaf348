/** Position in what leaders relay: the leader's term, and the number of its relayed event, from 1. */
export type RelayPosition = readonly [term: number, seq: number]

/** What a leader relays: an event, a new last event id, or both. */
export interface RelayedEvent {
  readonly at: RelayPosition
  /** Last event id as of this entry. */
  readonly id: string
  /** Whether this entry set `id`. Only then does the id mark a position. */
  readonly setsId?: boolean
  /** Event name; absent if only the id changed. */
  readonly event?: string | undefined
  readonly data?: string | undefined
}

const MAX_ENTRIES = 1_000
const MAX_CHARACTERS = 1024 * 1024

/** Recently relayed events, for tabs that are behind: at most 1,000 entries and 1 Mi characters of data. */
export class RelayHistory {
  readonly #entries: RelayedEvent[] = []
  #characters = 0
  #start: RelayPosition | undefined
  /** Id that marks the start; `undefined` if the event before the start had none. */
  #startId: string | undefined
  #end: RelayPosition

  /** @param id - id that marks the position `start`, if there is one. */
  constructor(start: RelayPosition, id: string | undefined) {
    this.#start = start
    this.#startId = id
    this.#end = start
  }

  /** Position of the newest entry. */
  get end(): RelayPosition {
    return this.#end
  }

  /** Id that marks the end; `undefined` if the newest event has none. */
  get endId(): string | undefined {
    const newest = this.#entries.at(-1)
    if (!newest) return this.#startId
    return newest.setsId ? newest.id : undefined
  }

  /** Whether nothing was relayed yet and the stream was not resumed from an id. */
  get isAtStart(): boolean {
    return this.#entries.length === 0 && this.#startId === ''
  }

  /** Returns whether the first of these entries is the next one. */
  isContinuedBy([first]: readonly RelayedEvent[]): boolean {
    const [term, seq] = this.#end
    return first?.at[0] === term && first.at[1] === seq + 1
  }

  push(entry: RelayedEvent): void {
    this.#entries.push(entry)
    this.#end = entry.at
    this.#characters += entry.data?.length ?? 0
    while (this.#entries.length > MAX_ENTRIES || this.#characters > MAX_CHARACTERS) {
      const oldest = this.#entries.shift()
      if (!oldest) return
      this.#characters -= oldest.data?.length ?? 0
      this.#start = oldest.at
      this.#startId = oldest.setsId ? oldest.id : undefined
    }
  }

  /** Continues from the end under a new leader. */
  continueAs(at: RelayPosition): void {
    if (this.#entries.length === 0) this.#start = at
    this.#end = at
  }

  /** Returns the entries after a position; `undefined` if the history does not reach back to it. */
  afterPosition(at: RelayPosition): RelayedEvent[] | undefined {
    if (isSamePosition(at, this.#end)) return []
    const index = this.#entries.findLastIndex((entry) => isSamePosition(at, entry.at))
    if (index >= 0) return this.#entries.slice(index + 1)
    return isSamePosition(at, this.#start) ? [...this.#entries] : undefined
  }

  /** Returns the entries after the newest one that set this id; `undefined` if there is none. */
  afterId(id: string): RelayedEvent[] | undefined {
    const index = this.#entries.findLastIndex((entry) => entry.setsId && entry.id === id)
    if (index >= 0) return this.#entries.slice(index + 1)
    return this.#startId === id ? [...this.#entries] : undefined
  }
}

export function isSamePosition(a: RelayPosition | undefined, b: RelayPosition | undefined): boolean {
  return a !== undefined && b !== undefined && a[0] === b[0] && a[1] === b[1]
}
