/**
 * A time limit for requests that share a connection: it counts from the last reply to any of them, so that none is late
 * because the replies to others were before its own.
 */
export class SilenceLimit {
  readonly #limitMs: number
  readonly #createError: () => Error
  #repliedAt = 0

  constructor(limitMs: number, createError: () => Error) {
    this.#limitMs = limitMs
    this.#createError = createError
  }

  /** Notes a reply, or a part of one. */
  replied(): void {
    this.#repliedAt = performance.now()
  }

  /** Settles as `reply` does, or rejects when there was no reply to any request for the limit. */
  watch<Value>(reply: Promise<Value>): Promise<Value> {
    const startedAt = performance.now()
    return new Promise((resolve, reject) => {
      let timer: NodeJS.Timeout
      let isSettled = false
      const check = () => {
        const leftMs = Math.max(startedAt, this.#repliedAt) + this.#limitMs - performance.now()
        if (leftMs > 0) timer = setTimeout(check, leftMs)
        // After a stall of this process, replies that have arrived are read before `setImmediate`.
        else setImmediate(() => isSettled || this.#expire(startedAt, check, reject))
      }
      timer = setTimeout(check, this.#limitMs)
      reply
        .then(
          (value) => {
            this.replied()
            resolve(value)
          },
          (error) => reject(error),
        )
        .finally(() => {
          isSettled = true
          clearTimeout(timer)
        })
    })
  }

  #expire(startedAt: number, check: () => void, reject: (error: Error) => void): void {
    if (Math.max(startedAt, this.#repliedAt) + this.#limitMs > performance.now()) check()
    else reject(this.#createError())
  }
}
