import { SseError } from '@sse/contract'

/** What a `for await` loop that falls behind does with more events than it can hold. */
export type Overflow =
  /** The loop throws `queue_overflow` after the events it holds. */
  | 'error'
  /** The oldest event is dropped. */
  | 'drop-oldest'
  /** Only the newest event of each name is held. */
  | 'latest'

export interface QueueSettings {
  maxQueued: number
  overflow: Overflow
  /** Called for each dropped event. */
  onDrop: () => void
  onOver: () => void
}

/** Events that one `for await` loop has not taken yet. */
export class EventQueue<Item extends { event: string }> implements AsyncIterableIterator<Item> {
  readonly #items: Item[] = []
  readonly #settings: QueueSettings
  /** Resolve functions of pending `next()` calls. */
  #takers: ((result: IteratorResult<Item, undefined> | Promise<IteratorResult<Item, undefined>>) => void)[] =
    []
  #error: SseError | undefined
  #isOver = false

  constructor(settings: QueueSettings) {
    this.#settings = settings
  }

  push(item: Item): void {
    if (this.#isOver) return
    const { maxQueued, overflow } = this.#settings
    const take = this.#takers.shift()
    if (take) return take({ done: false, value: item })
    if (overflow === 'latest') this.#drop(this.#items.findIndex(({ event }) => event === item.event))
    if (this.#items.length >= maxQueued) {
      if (overflow === 'error') {
        return this.finish(new SseError('queue_overflow', `This loop is ${maxQueued} events behind`))
      }
      // A gap is dropped last: the app must learn that history is missing.
      const oldest = this.#items.findIndex(({ event }) => event !== 'gap')
      this.#drop(Math.max(0, oldest))
    }
    this.#items.push(item)
  }

  #drop(index: number): void {
    if (index >= 0 && this.#items.splice(index, 1).length) this.#settings.onDrop()
  }

  /** Ends the loop after the events it holds; with an error, the loop throws it. */
  finish(error?: SseError): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#error = error
    this.#settings.onOver()
    const takers = this.#takers
    this.#takers = []
    for (const take of takers) take(this.next())
  }

  async next(): Promise<IteratorResult<Item, undefined>> {
    const item = this.#items.shift()
    if (item !== undefined) return { done: false, value: item }
    if (!this.#isOver) return new Promise((resolve) => this.#takers.push(resolve))
    const error = this.#error
    this.#error = undefined // thrown once, as by a generator
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
