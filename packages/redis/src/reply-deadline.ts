/**
 * The time limit of a connection whose replies come in the order of its commands. The clock of a command starts when it
 * is sent or when the reply before it has arrived, whichever is later: waiting behind others does not count.
 */
export class ReplyDeadline {
  readonly #onExpired: (limitMs: number) => void
  /** Limits of the commands without a reply, in order. */
  readonly #limits: number[] = []
  #since = 0
  #timer: NodeJS.Timeout | undefined

  constructor(onExpired: (limitMs: number) => void) {
    this.#onExpired = onExpired
  }

  sent(limitMs: number): void {
    if (this.#limits.push(limitMs) > 1) return
    this.#since = performance.now()
    if (!this.#timer) this.#checkIn(limitMs)
  }

  /** Notes the reply to the oldest command. */
  replied(): void {
    this.#limits.shift()
    this.#since = performance.now()
  }

  stop(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#limits.length = 0
  }

  /** The socket keeps the process alive, not the timer. */
  #checkIn(ms: number): void {
    this.#timer = setTimeout(() => this.#check(), ms).unref()
  }

  /** One timer serves every command: it looks how much time is left. */
  #check(): void {
    this.#timer = undefined
    const [limitMs] = this.#limits
    if (limitMs === undefined) return
    const since = this.#since
    const leftMs = since + limitMs - performance.now()
    if (leftMs > 0) {
      this.#checkIn(leftMs)
      return
    }
    // After a stall of this process, replies that have arrived are read before `setImmediate`.
    setImmediate(() => {
      if (this.#limits.length === 0) return
      if (this.#since === since) this.#onExpired(limitMs)
      else this.#check()
    })
  }
}
