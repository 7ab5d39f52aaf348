import type { Database } from './database.ts'

/** Delay of the first check after an insert, and its growth while nothing was committed. */
const FIRST_MS = 5
/** Delay while every check finds something: events that are moved together share one commit. */
const BUSY_MS = 10
const FACTOR = 1.5
const MAX_MS = 250
/** Time of such frequent checks after an insert. */
const EAGER_MS = 15_000
/** Interval of checks in every process with a reader, for events of programs that do not move them. */
const IDLE_MS = 1_000
/** The same while notifications arrive, and none has told of such an event for a while. */
const QUIET_MS = 30_000
/** Time for which such a notification keeps the checks frequent: transactions may take long. */
const EXPECT_MS = 60_000

export interface OutboxRelaySettings {
  readonly database: Database
  readonly onMoved: () => void
  /** Returns whether notifications of other programs arrive. */
  readonly hasNotifications: () => boolean
  readonly warn: (message: string) => void
}

/**
 * Moves committed events from the outbox to the log, where they get their positions. Any process may, at any time: the
 * one that inserted an event, for a while; every one that has a reader, while it has; and each append, before its own
 * entries. So an event that none of them moves waits for the first reader or publisher, and a process without either
 * sends nothing.
 */
export class OutboxRelay {
  readonly #settings: OutboxRelaySettings
  #delayMs = IDLE_MS
  #eagerUntil = 0
  #expectsUntil = 0
  #watchers = 0
  #timer: ReturnType<typeof setTimeout> | undefined
  #isMoving = false
  #isStopped = false

  constructor(settings: OutboxRelaySettings) {
    this.#settings = settings
  }

  /** Checks now, and from time to time until the returned function is called. */
  watch(): () => void {
    this.#watchers += 1
    this.#delayMs = FIRST_MS
    if (!this.#isMoving) this.#schedule()
    let isWatching = true
    return () => {
      if (isWatching) this.#watchers -= 1
      isWatching = false
    }
  }

  /** Checks soon: an event was inserted, and will be committed. */
  expedite(): void {
    this.#eagerUntil = performance.now() + EAGER_MS
    if (this.#delayMs <= BUSY_MS && (this.#timer !== undefined || this.#isMoving)) return
    this.#delayMs = FIRST_MS
    if (!this.#isMoving) this.#schedule()
  }

  /** Another program inserts events: checks once a second for a while, if this process has a reader. */
  expect(): void {
    this.#expectsUntil = performance.now() + EXPECT_MS
    if (this.#timer !== undefined && this.#delayMs === IDLE_MS) this.#schedule()
  }

  stop(): void {
    this.#isStopped = true
    clearTimeout(this.#timer)
  }

  /** Moves what was inserted lately, on a database that accepts no other calls any more. */
  async close(): Promise<void> {
    const { database, onMoved } = this.#settings
    if (performance.now() >= this.#eagerUntil) return
    const [row] = (await database.queryLast(database.statements.place)) ?? []
    if (Number(row?.[0]) > 0) onMoved()
  }

  #schedule(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    if (this.#isStopped || !this.#isNeeded) return
    const delayMs = this.#delayMs === IDLE_MS ? this.#idleMs * (0.75 + Math.random() / 2) : this.#delayMs
    this.#timer = setTimeout(() => this.#move(), delayMs)
    this.#timer.unref()
  }

  async #move(): Promise<void> {
    this.#timer = undefined
    if (!this.#isNeeded) return
    this.#isMoving = true
    this.#delayMs = performance.now() < this.#eagerUntil ? Math.min(MAX_MS, this.#delayMs * FACTOR) : IDLE_MS
    try {
      while ((await this.#movePiece()) && !this.#isStopped) {}
    } catch {
      // The caller of publish or read gets the error.
    }
    this.#isMoving = false
    this.#schedule()
  }

  get #idleMs(): number {
    const isQuiet = performance.now() >= this.#expectsUntil && this.#settings.hasNotifications()
    return isQuiet ? QUIET_MS : IDLE_MS
  }

  get #isNeeded(): boolean {
    return this.#watchers > 0 || performance.now() < this.#eagerUntil
  }

  /** Resolves with whether there are more events to move. */
  async #movePiece(): Promise<boolean> {
    const { database, onMoved, warn } = this.#settings
    const [row = []] = await database.query('keep', database.statements.place)
    const [taken, hasMore, rejected, reason] = row as [string, boolean, string, string]
    if (Number(rejected) > 0) {
      warn(
        `${rejected} events of the outbox cannot be stored, and were set aside in the table rejected of @sse/postgres (the latest: ${reason}). Correct them and move them back to outbox, or delete them`,
      )
    }
    if (Number(taken) > 0) {
      onMoved()
      this.#delayMs = BUSY_MS
    }
    return hasMore
  }
}
