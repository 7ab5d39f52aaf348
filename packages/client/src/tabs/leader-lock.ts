/** The part of the Web Locks API used here. */
export interface Locks {
  request(
    name: string,
    options: { ifAvailable?: boolean; steal?: boolean; signal?: AbortSignal },
    hold: (lock: unknown) => Promise<void> | undefined,
  ): Promise<void>
}

interface LockEvents {
  /** This tab holds the lock; `wasFree` if no tab held it before. */
  onAcquired: (wasFree: boolean) => void
  /** Another tab stole the lock. */
  onLost: () => void
  /** The browser has locks and refuses them here. */
  onRefused: () => void
}

/**
 * Lock held by exactly one tab. When that tab releases it, is closed or crashes, the browser passes it to the next one.
 *
 * @see https://w3c.github.io/web-locks/
 */
export class LeaderLock {
  readonly #locks: Locks
  readonly #name: string
  readonly #events: LockEvents
  #waiting = new AbortController()
  #release: (() => void) | undefined
  #isStealing = false
  #isClosed = false

  constructor(locks: Locks, name: string, events: LockEvents) {
    this.#locks = locks
    this.#name = name
    this.#events = events
  }

  get isHeld(): boolean {
    return this.#release !== undefined
  }

  /** Takes the lock from a tab that does not respond. */
  steal(): void {
    if (this.#release || this.#isStealing || this.#isClosed) return
    this.#isStealing = true
    this.#waiting.abort()
    this.#request({ steal: true })
  }

  close(): void {
    this.#isClosed = true
    this.#waiting.abort()
    this.#release?.()
  }

  /** Requests the lock. Node with zone.js grants it within this call. */
  async start(): Promise<void> {
    let isHeld = false
    const hold = (lock: unknown): Promise<void> | undefined => {
      isHeld = lock !== null
      return isHeld ? this.#hold(true) : undefined
    }
    try {
      await this.#locks.request(this.#name, { ifAvailable: true }, hold)
      if (!isHeld) this.#wait()
    } catch {
      if (isHeld) this.#lose()
      else if (!this.#isClosed) this.#events.onRefused()
    }
  }

  #wait(): void {
    if (this.#isClosed) return
    this.#waiting = new AbortController()
    this.#request({ signal: this.#waiting.signal })
  }

  #request(options: { steal: true } | { signal: AbortSignal }): void {
    let isHeld = false
    const hold = (): Promise<void> => {
      isHeld = true
      return this.#hold(false)
    }
    // Rejects when the lock is stolen from this tab, and when this tab stops waiting for it.
    this.#locks.request(this.#name, options, hold).catch(() => {
      if (isHeld) return this.#lose()
      if (!('steal' in options)) return
      this.#isStealing = false
      this.#wait()
    })
  }

  #hold(wasFree: boolean): Promise<void> {
    this.#isStealing = false
    return new Promise((resolve) => {
      this.#release = resolve
      if (this.#isClosed) resolve()
      else this.#events.onAcquired(wasFree)
    })
  }

  #lose(): void {
    this.#release = undefined
    if (this.#isClosed) return
    this.#events.onLost()
    this.#wait()
  }
}
