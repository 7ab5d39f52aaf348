/** A place in what leaders relay: the leader's term, and a number that counts its entries from 1. */
export type Place = readonly [term: number, seq: number]

/** One thing a leader relays: an event, a new last id, or both. */
export interface Entry {
  readonly at: Place
  /** The last event id as of this entry. */
  readonly id: string
  /** This entry has set it. */
  readonly setsId?: boolean
  readonly event?: string
  readonly data?: string
}

const MAX_ENTRIES = 1_000
const MAX_CHARACTERS = 1024 * 1024

/** What was relayed lately, for tabs that are behind: at most 1,000 entries and 1 Mi characters of data. */
export class RelayHistory {
  readonly #entries: Entry[] = []
  #characters = 0
  #startAt: Place | undefined
  #startId: string | undefined
  #end: Place

  /** @param id - the last event id at `at`, where it is known. */
  constructor(at: Place, id: string | undefined) {
    this.#startAt = at
    this.#startId = id
    this.#end = at
  }

  /** The place of the newest entry. */
  get end(): Place {
    return this.#end
  }

  /** The last event id there. */
  get id(): string {
    return this.#entries.at(-1)?.id ?? this.#startId ?? ''
  }

  /** Nothing was relayed yet, and the stream was not resumed from anywhere. */
  get isAtStart(): boolean {
    return this.#entries.length === 0 && this.#startId === ''
  }

  push(entry: Entry): void {
    this.#entries.push(entry)
    this.#end = entry.at
    this.#characters += entry.data?.length ?? 0
    while (this.#entries.length > MAX_ENTRIES || this.#characters > MAX_CHARACTERS) {
      const oldest = this.#entries.shift()
      if (!oldest) return
      this.#characters -= oldest.data?.length ?? 0
      this.#startAt = oldest.at
      this.#startId = oldest.id
    }
  }

  /** A new leader goes on from the end. */
  continueAs(at: Place): void {
    if (this.#entries.length === 0) this.#startAt = at
    this.#end = at
  }

  /** What came after that place; `undefined` when this does not reach back to it. */
  afterPlace(at: Place): Entry[] | undefined {
    if (isSamePlace(at, this.#end)) return []
    const index = this.#entries.findLastIndex((entry) => isSamePlace(at, entry.at))
    if (index >= 0) return this.#entries.slice(index + 1)
    return this.#startAt && isSamePlace(at, this.#startAt) ? [...this.#entries] : undefined
  }

  /** What came after the last id was, for the last time, this one; `undefined` when that is not known here. */
  afterId(id: string): Entry[] | undefined {
    const index = this.#entries.findLastIndex((entry) => entry.id === id)
    if (index >= 0) return this.#entries.slice(index + 1)
    return this.#startId === id ? [...this.#entries] : undefined
  }
}

export function isSamePlace(a: Place | undefined, b: Place | undefined): boolean {
  return a !== undefined && b !== undefined && a[0] === b[0] && a[1] === b[1]
}
