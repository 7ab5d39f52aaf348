import type { EventIterator, Pulled } from '../stream/source.ts'
import { isThenable } from '../timing/is-thenable.ts'

/** Pulls the source of a run to its end, with no promise for an event beside the source's own. */
export class SourcePuller {
  /** Whether the source has returned or thrown. */
  isSourceDone = false
  readonly #iterator: EventIterator
  readonly #write: (value: unknown) => Promise<void> | undefined
  #isStopped = false
  #resolve = (): void => {}
  #reject = (_error: unknown): void => {}

  /** @param write - takes what the source yields. The next value is pulled once what it returns has resolved. */
  constructor(iterator: EventIterator, write: (value: unknown) => Promise<void> | undefined) {
    this.#iterator = iterator
    this.#write = write
  }

  /** Resolves once the source is done, or `stop` was called. @throws what the source or `write` throws. */
  run(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
      this.#pull()
    })
  }

  /** Pulls nothing more. A value that is on its way is dropped. */
  stop(): void {
    this.#isStopped = true
    this.#resolve()
  }

  readonly #pull = (): void => {
    while (!this.#isStopped) {
      let pulled: Pulled | PromiseLike<Pulled>
      try {
        pulled = this.#iterator.next()
      } catch (error) {
        return this.#onThrown(error)
      }
      if (isThenable(pulled)) {
        pulled.then(this.#onPulled, this.#onThrown)
        return
      }
      if (!this.#take(pulled)) return
    }
  }

  readonly #onPulled = (pulled: Pulled): void => {
    if (this.#take(pulled)) this.#pull()
  }

  readonly #onThrown = (error: unknown): void => {
    this.isSourceDone = true
    this.#reject(error)
  }

  /** Returns whether to pull the next value at once. */
  #take(pulled: Pulled): boolean {
    try {
      if (pulled.done) this.isSourceDone = true
      if (pulled.done || this.#isStopped) {
        this.#resolve()
        return false
      }
      const writing = this.#write(pulled.value)
      writing?.then(this.#pull, this.#reject)
      return writing === undefined
    } catch (error) {
      this.#reject(error)
      return false
    }
  }
}
