import { IndexedLog } from './indexed-log.ts'
import type { StoredFrame } from './stored-frame.ts'

export interface RingLimits {
  /** Maximum number of events. */
  readonly maxEvents: number
  /** Maximum bytes of their frames. */
  readonly maxBytes: number
  /** Maximum age of an event, in milliseconds. */
  readonly maxAgeMs: number
}

/** The newest frames of the log in memory. Live delivery, slow readers and reconnects are served from it. */
export class Ring {
  readonly #log = new IndexedLog<StoredFrame>(0)
  readonly #limits: RingLimits
  /** Position of the newest event of each key, in channels that deliver only that. */
  readonly #latest = new Map<string, number>()
  #bytes = 0

  constructor(limits: RingLimits) {
    this.#limits = limits
  }

  get head(): number {
    return this.#log.head
  }

  get length(): number {
    return this.#log.length
  }

  get bytes(): number {
    return this.#bytes
  }

  push(frame: StoredFrame): void {
    this.#log.push(frame)
    this.#bytes += frame.bytes.byteLength
    if (frame.latestKey !== undefined) this.#latest.set(frame.latestKey, frame.position)
    const { maxEvents, maxBytes } = this.#limits
    while (this.#log.length > maxEvents || (this.#bytes > maxBytes && this.#log.length > 0)) this.#drop()
  }

  /** Drops events over the maximum age. */
  expire(now: number): void {
    const oldestAt = now - this.#limits.maxAgeMs
    while ((this.#log.first?.at ?? Number.POSITIVE_INFINITY) < oldestAt) this.#drop()
  }

  /** Returns whether every event after `position` is in the ring. */
  reaches(position: number): boolean {
    return position >= this.#log.oldest - 1
  }

  after(position: number, limit: number, channels: readonly string[]): StoredFrame[] {
    return this.#log.after(position, limit, channels)
  }

  /** Returns whether the ring contains a newer event of the same key, in a channel that delivers only the latest. */
  isSuperseded({ latestKey, position }: StoredFrame): boolean {
    return latestKey !== undefined && (this.#latest.get(latestKey) ?? 0) > position
  }

  reset(head: number): void {
    this.#log.reset(head)
    this.#latest.clear()
    this.#bytes = 0
  }

  #drop(): void {
    const frame = this.#log.shift()
    if (!frame) return
    this.#bytes -= frame.bytes.byteLength
    const { latestKey, position } = frame
    if (latestKey !== undefined && this.#latest.get(latestKey) === position) this.#latest.delete(latestKey)
  }
}
