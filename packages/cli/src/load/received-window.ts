/** Bits: how far apart two connections may receive the same events in another order. */
const SIZE = 256

/**
 * How late an event may reach other connections, in milliseconds: one that was sent before a connection opened may get its
 * place in the log after the first event of that connection, and is not expected of it.
 */
export const GRACE_MS = 1_000

/** Where a window counts what it finds. */
export interface LossCounters {
  missing: number
  repeated: number
}

/**
 * Which of the newest events of a log one connection has received: 32 bytes for each connection. An event counts as
 * missing when the connection has received others far beyond it.
 */
export class ReceivedWindow {
  readonly #counters: LossCounters
  readonly #bits = new Uint32Array(SIZE / 32)
  /** Earlier events are not expected. */
  #first: number | undefined
  #top = 0
  #startedAt = 0

  constructor(counters: LossCounters) {
    this.#counters = counters
  }

  /** Highest index received; -1 before the first. */
  get top(): number {
    return this.#first === undefined ? -1 : this.#top
  }

  /** Time of the first event. */
  get startedAt(): number {
    return this.#startedAt
  }

  /**
   * @param index - place of the event in the log.
   * @param now - time in milliseconds.
   */
  receive(index: number, now: number): void {
    if (this.#first === undefined) {
      this.#startedAt = now
      this.#first = index
      this.#top = index
      this.#set(index)
    } else if (index > this.#top) {
      this.#advance(index)
      this.#set(index)
    } else if (index > this.#top - SIZE && !this.#has(index)) this.#set(index)
    else this.#counters.repeated += 1
    if (now <= this.#startedAt + GRACE_MS) this.#first = this.#top
  }

  /** Counts what is missing up to an index, and forgets everything. Later events may still be on their way. */
  finish(index: number = Infinity): void {
    if (this.#first !== undefined) this.#countMissing(this.#top - SIZE + 1, Math.min(this.#top, index))
    this.#first = undefined
    this.#bits.fill(0)
  }

  #advance(to: number): void {
    // Events that leave the window, and events that were never in it.
    this.#countMissing(this.#top - SIZE + 1, Math.min(this.#top, to - SIZE))
    this.#counters.missing += Math.max(0, to - SIZE - this.#top)
    for (let index = Math.max(this.#top, to - SIZE) + 1; index <= to; index += 1) {
      this.#bits[this.#word(index)] = (this.#bits[this.#word(index)] as number) & ~(1 << (index & 31))
    }
    this.#top = to
  }

  #countMissing(from: number, to: number): void {
    for (let index = Math.max(from, this.#first as number); index <= to; index += 1) {
      if (!this.#has(index)) this.#counters.missing += 1
    }
  }

  #set(index: number): void {
    this.#bits[this.#word(index)] = (this.#bits[this.#word(index)] as number) | (1 << (index & 31))
  }

  #has(index: number): boolean {
    return ((this.#bits[this.#word(index)] as number) & (1 << (index & 31))) !== 0
  }

  #word(index: number): number {
    return (index % SIZE) >> 5
  }
}
