import type { Database } from './database.ts'

/** Delay of the first check after an insert, and its growth while nothing was committed. */
const FIRST_MS = 5
/** Delay while every check finds something: events that are moved together share one commit. */
const BUSY_MS = 10
const FACTOR = 1.5
const MAX_MS = 250
/** Time of such frequent checks after an insert. */
const EAGER_MS = 15_000
/** Interval of checks in every process, for events of processes that died before they could move them. */
const IDLE_MS = 1_000
/** Maximum number of events moved at a time. */
const PIECE = 1_000

export interface OutboxRelaySettings {
  readonly database: Database
  readonly onMoved: () => void
  readonly warn: (message: string) => void
}

/** Moves committed events from the outbox to the log, where they get their positions. Any process may, at any time. */
export class OutboxRelay {
  readonly #settings: OutboxRelaySettings
  #delayMs = IDLE_MS
  #eagerUntil = 0
  #timer: ReturnType<typeof setTimeout> | undefined
  #isMoving = false
  #isStopped = false

  constructor(settings: OutboxRelaySettings) {
    this.#settings = settings
  }

  /** Starts checking from time to time. Idempotent. */
  start(): void {
    if (this.#timer === undefined && !this.#isMoving) this.#schedule()
  }

  /** Checks soon: an event was inserted, and will be committed. */
  expedite(): void {
    this.#eagerUntil = performance.now() + EAGER_MS
    if (this.#delayMs <= BUSY_MS && (this.#timer !== undefined || this.#isMoving)) return
    this.#delayMs = FIRST_MS
    if (!this.#isMoving) this.#schedule()
  }

  stop(): void {
    this.#isStopped = true
    clearTimeout(this.#timer)
  }

  #schedule(): void {
    if (this.#isStopped) return
    clearTimeout(this.#timer)
    const delayMs = this.#delayMs === IDLE_MS ? IDLE_MS * (0.5 + Math.random() / 2) : this.#delayMs
    this.#timer = setTimeout(() => this.#move(), delayMs)
    this.#timer.unref()
  }

  async #move(): Promise<void> {
    this.#isMoving = true
    this.#timer = undefined
    this.#delayMs = performance.now() < this.#eagerUntil ? Math.min(MAX_MS, this.#delayMs * FACTOR) : IDLE_MS
    try {
      while ((await this.#movePiece()) === PIECE && !this.#isStopped) {}
    } catch {
      // The caller of publish or read gets the error.
    }
    this.#isMoving = false
    this.#schedule()
  }

  /** Resolves with the number of events moved; -1 while another process is moving them. */
  async #movePiece(): Promise<number> {
    const { database, onMoved, warn } = this.#settings
    const [row = []] = await database.query('keep', database.statements.place)
    const [taken, rejected, reason] = row as [string, string, string]
    if (Number(rejected) > 0) {
      warn(
        `${rejected} events of the outbox cannot be stored, and were set aside in the table rejected of @sse/postgres (the latest: ${reason}). Correct them and move them back to outbox, or delete them`,
      )
    }
    if (Number(taken) > 0) {
      onMoved()
      this.#delayMs = BUSY_MS
    }
    return Number(taken)
  }
}
