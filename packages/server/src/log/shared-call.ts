import { nextTurn } from '../timing/next-turn.ts'

/** Makes one call at a time for all who ask: each gets the result of a call that began after it asked. */
export class SharedCall<Result> {
  readonly #call: () => Promise<Result>
  #current: Promise<Result> | undefined
  #next: Promise<Result> | undefined

  constructor(call: () => Promise<Result>) {
    this.#call = call
  }

  run(): Promise<Result> {
    this.#next ??= this.#runAfter(this.#current)
    return this.#next
  }

  /** Resolves once no call is in flight or planned. */
  async idle(): Promise<void> {
    while (this.#next || this.#current) await (this.#next ?? this.#current)?.catch(() => {})
  }

  async #runAfter(current: Promise<Result> | undefined): Promise<Result> {
    await current?.catch(() => {}) // its callers get the error
    await new Promise<void>(nextTurn)
    const own = this.#next
    this.#current = own
    this.#next = undefined
    try {
      return await this.#call()
    } finally {
      if (this.#current === own) this.#current = undefined
    }
  }
}
