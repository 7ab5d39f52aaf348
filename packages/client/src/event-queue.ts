import { SseError } from '@sse/contract'

/** Events one `for await` may fall behind by before it is told, rather than memory. */
const MAX_QUEUED = 10_000

/** What one `for await` has not taken yet. */
export class EventQueue<Item> implements AsyncIterableIterator<Item> {
  readonly #items: Item[] = []
  readonly #onOver: () => void
  #takers: { resolve(result: IteratorResult<Item, undefined>): void; reject(error: unknown): void }[] = []
  #error: SseError | undefined
  #isOver = false

  constructor(onOver: () => void) {
    this.#onOver = onOver
  }

  push(item: Item): void {
    if (this.#isOver) return
    const taker = this.#takers.shift()
    if (taker) taker.resolve({ done: false, value: item })
    else if (this.#items.push(item) > MAX_QUEUED) {
      this.finish(new SseError('queue_overflow', `This loop is ${MAX_QUEUED} events behind`))
    }
  }

  /** What is queued is still delivered, then the loop ends, or throws `error`. */
  finish(error?: SseError): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#error = error
    this.#onOver()
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
