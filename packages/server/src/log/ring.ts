import { IndexedLog } from './indexed-log.ts'
import type { StoredFrame } from './stored-frame.ts'

export interface RingLimits {
  /** Most events kept. */
  readonly maxEvents: number
  /** Most bytes of their frames kept. */
  readonly maxBytes: number
  /** How old an event may get, in milliseconds. */
  readonly maxAgeMs: number
}

/** The newest frames of the log, in memory: what live delivery, slow readers and reconnects are served from. */
export class Ring {
  readonly #log = new IndexedLog<StoredFrame>(0)
  readonly #limits: RingLimits
  readonly #isLatestPerKey: (channel: string) => boolean
  /** Position of the newest event of each key, for the channels that ask for it. */
  readonly #latest = new Map<string, number>()
  #bytes = 0

  constructor(limits: RingLimits, isLatestPerKey: (channel: string) => boolean) {
    this.#limits = limits
    this.#isLatestPerKey = isLatestPerKey
  }

  get head(): number {
    return this.#log.head
  }

  get oldest(): number {
    return this.#log.oldest
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
    const name = this.#keyName(frame)
    if (name !== undefined) this.#latest.set(name, frame.position)
    const { maxEvents, maxBytes } = this.#limits
    while (this.#log.length > maxEvents || (this.#bytes > maxBytes && this.#log.length > 0)) this.#drop()
  }

  /** Drops what has become too old. */
  expire(now: number): void {
    const oldestAt = now - this.#limits.maxAgeMs
    while ((this.#log.first?.at ?? Number.POSITIVE_INFINITY) < oldestAt) this.#drop()
  }

  /** Whether everything after `position` is here. */
  reaches(position: number): boolean {
    return position >= this.#log.oldest - 1
  }

  after(position: number, limit: number, channels: readonly string[]): StoredFrame[] {
    return this.#log.after(position, limit, channels)
  }

  /** Whether a newer event has taken the place of this one, in a channel that asks for the latest per key. */
  isSuperseded(frame: StoredFrame): boolean {
    const name = this.#keyName(frame)
    return name !== undefined && (this.#latest.get(name) ?? 0) > frame.position
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
    const name = this.#keyName(frame)
    if (name !== undefined && this.#latest.get(name) === frame.position) this.#latest.delete(name)
  }

  #keyName({ channel, key }: StoredFrame): string | undefined {
    if (key === undefined || !this.#isLatestPerKey(channel)) return undefined
    return JSON.stringify([channel, key])
  }
}
