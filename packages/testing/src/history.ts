import type { Gap } from '@sse/contract'

/** One event of a `History`. */
interface HistoryEntry {
  readonly position: number
  readonly frame: string
  /** URL of the connections that receive it; `undefined` for all. */
  readonly audience: string | undefined
}

/** Position a connection starts from. */
export interface StartPosition {
  /** Position of the last event that is not replayed. */
  readonly position: number
  /** Reason why the client's id is unknown. */
  readonly gap: Gap['reason'] | undefined
}

const ID = /^(\w+)-([0-9a-z]+)$/

/** Events in the order they were sent, with the ids of a hub. Ids are the same in every run. */
export class History {
  #entries: HistoryEntry[] = []
  #epochs = 1
  #head = 0
  #trimmedUpTo = 0

  get head(): number {
    return this.#head
  }

  /** Last position that was trimmed. */
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
   * @param encode - returns the frame for an id. If it throws, the history stays unchanged.
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

  /** Returns the retained events of `audience` after `position`. */
  after(position: number, audience: string): readonly HistoryEntry[] {
    return this.#entries.filter(
      (entry) => entry.position > position && (entry.audience === undefined || entry.audience === audience),
    )
  }

  /** Returns where a connection with this id starts. Without an id it starts at the head. */
  startPosition(lastEventId: string | undefined): StartPosition {
    if (lastEventId === undefined) return { position: this.#head, gap: undefined }
    const [, epoch, digits = ''] = ID.exec(lastEventId) ?? []
    if (epoch !== this.#epoch) return { position: this.#head, gap: 'epoch' }
    const position = Number.parseInt(digits, 36)
    return position > this.#head ? { position: this.#head, gap: 'ahead' } : { position, gap: undefined }
  }

  /** Removes every event, as it happens for that reason. */
  lose(reason: Gap['reason']): void {
    this.#entries = []
    this.#trimmedUpTo = reason === 'trimmed' ? this.#head : 0
    if (reason !== 'trimmed') this.#head = 0
    if (reason === 'epoch') this.#epochs += 1
  }
}
