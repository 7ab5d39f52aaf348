import type { Gap } from '@sse/contract'

/** One event of a `History`. */
interface HistoryEntry {
  readonly position: number
  readonly frame: string
  /** Who it is for; `undefined`: everyone. */
  readonly audience: string | undefined
}

/** Where a connection goes on. */
export interface HistoryPlace {
  /** Position of the last event it is not to get. */
  readonly position: number
  /** Why the id it came with means nothing here. */
  readonly gap: Gap['reason'] | undefined
}

const ID = /^(\w+)-([0-9a-z]+)$/

/** Everything that was sent, in order, with ids as a hub gives them; the same in every run. */
export class History {
  #entries: HistoryEntry[] = []
  #epochs = 1
  #head = 0
  #trimmedUpTo = 0

  get head(): number {
    return this.#head
  }

  /** The last position that is no longer here. */
  get trimmedUpTo(): number {
    return this.#trimmedUpTo
  }

  get #epoch(): string {
    return `fake${this.#epochs}`
  }

  /** @see docs/PROTOCOL.md#hub-open-heartbeat-and-gap */
  idOf(position: number): string {
    return `${this.#epoch}-${position.toString(36)}`
  }

  /**
   * @param encode - makes the frame of an id; what it throws leaves the history as it was.
   * @returns the new entry and its id.
   */
  append(encode: (id: string) => string, audience?: string): { entry: HistoryEntry; id: string } {
    const position = this.#head + 1
    const id = this.idOf(position)
    const entry = { position, frame: encode(id), audience }
    this.#entries.push(entry)
    this.#head = position
    return { entry, id }
  }

  /** What `audience` has missed since `position`, as far as it is still here. */
  after(position: number, audience: string): readonly HistoryEntry[] {
    return this.#entries.filter(
      (entry) => entry.position > position && (entry.audience === undefined || entry.audience === audience),
    )
  }

  /** Without an id a connection begins now. */
  find(lastEventId: string | undefined): HistoryPlace {
    if (lastEventId === undefined) return { position: this.#head, gap: undefined }
    const [, epoch, digits = ''] = ID.exec(lastEventId) ?? []
    if (epoch !== this.#epoch) return { position: this.#head, gap: 'epoch' }
    const position = Number.parseInt(digits, 36)
    return position > this.#head ? { position: this.#head, gap: 'ahead' } : { position, gap: undefined }
  }

  /** Everything up to now is gone, as it happens for that reason. */
  lose(reason: Gap['reason']): void {
    this.#entries = []
    this.#trimmedUpTo = reason === 'trimmed' ? this.#head : 0
    if (reason !== 'trimmed') this.#head = 0
    if (reason === 'epoch') this.#epochs += 1
  }
}
