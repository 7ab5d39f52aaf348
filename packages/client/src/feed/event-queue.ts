import { SseError } from '@sse/contract'

/** What a `for await` that falls behind does with what it can't hold. */
export type Overflow =
  /** Its loop throws `queue_overflow`, after what it holds. */
  | 'error'
  /** The oldest goes. */
  | 'drop-oldest'
  /** Of each event name only the newest is held. */
  | 'latest'

export interface QueueSettings {
  maxQueued: number
  overflow: Overflow
  /** Told of each event that goes. */
  onDrop: () => void
  onOver: () => void
}

/** What one `for await` has not taken yet. */
export class EventQueue<Item extends { event: string }> implements AsyncIterableIterator<Item> {
  readonly #items: Item[] = []
  readonly #settings: QueueSettings
  #takers: { resolve(result: IteratorResult<Item, undefined>): void; reject(error: unknown): void }[] = []
  #error: SseError | undefined
  #isOver = false

  constructor(settings: QueueSettings) {
    this.#settings = settings
  }

  push(item: Item): void {
    if (this.#isOver) return
    const { maxQueued, overflow } = this.#settings
    const taker = this.#takers.shift()
    if (taker) return taker.resolve({ done: false, value: item })
    if (overflow === 'latest') this.#drop(this.#items.findIndex(({ event }) => event === item.event))
    if (this.#items.length >= maxQueued) {
      if (overflow === 'error') {
        return this.finish(new SseError('queue_overflow', `This loop is ${maxQueued} events behind`))
      }
      // That history is missing is not forgotten for the sake of one more event.
      this.#drop(
        Math.max(
          0,
          this.#items.findIndex(({ event }) => event !== 'gap'),
        ),
      )
    }
    this.#items.push(item)
  }

  #drop(index: number): void {
    if (index >= 0 && this.#items.splice(index, 1).length) this.#settings.onDrop()
  }

  /** What is queued is still delivered, then the loop ends, or throws `error`. */
  finish(error?: SseError): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#error = error
    this.#settings.onOver()
    const takers = this.#takers
    this.#takers = []
    for (const taker of takers) this.next().then(taker.resolve, taker.reject)
  }

  async next(): Promise<IteratorResult<Item, undefined>> {
    const item = this.#items.shift()
    if (item !== undefined) return { done: false, value: item }
    if (!this.#isOver) return new Promise((resolve, reject) => this.#takers.push({ resolve, reject }))
    const error = this.#error
    this.#error = undefined // thrown once, as a generator would
    if (error) throw error
    return { done: true, value: undefined }
  }

  async return(): Promise<IteratorResult<Item, undefined>> {
    this.#items.length = 0
    this.finish()
    return { done: true, value: undefined }
  }

  [Symbol.asyncIterator](): this {
    return this
  }
}
