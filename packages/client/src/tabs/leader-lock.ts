/** What this needs of the browser's locks. */
export interface Locks {
  request(
    name: string,
    options: { ifAvailable?: boolean; steal?: boolean; signal?: AbortSignal },
    hold: (lock: unknown) => Promise<void> | undefined,
  ): Promise<void>
}

interface LeadLockEvents {
  /** This tab leads; `isFree` when nobody did. */
  onLead: (isFree: boolean) => void
  /** Another tab took the lead away from this one. */
  onLost: () => void
  /** The browser has locks, and refuses them here. */
  onRefused: () => void
}

/**
 * Exactly one tab holds it; the browser hands it on when that tab lets go, is closed or crashes.
 *
 * @see https://w3c.github.io/web-locks/
 */
export class LeaderLock {
  readonly #locks: Locks
  readonly #name: string
  readonly #events: LeadLockEvents
  #queue = new AbortController()
  #letGo: (() => void) | undefined
  #isStealing = false
  #isClosed = false

  constructor(locks: Locks, name: string, events: LeadLockEvents) {
    this.#locks = locks
    this.#name = name
    this.#events = events
    this.#start()
  }

  get isHeld(): boolean {
    return this.#letGo !== undefined
  }

  /** Takes it from a tab that does not answer. */
  steal(): void {
    if (this.#letGo || this.#isStealing || this.#isClosed) return
    this.#isStealing = true
    this.#queue.abort()
    this.#request({ steal: true })
  }

  close(): void {
    this.#isClosed = true
    this.#queue.abort()
    this.#letGo?.()
  }

  async #start(): Promise<void> {
    let isHeld = false
    const hold = (lock: unknown): Promise<void> | undefined => {
      isHeld = lock !== null
      return isHeld ? this.#hold(true) : undefined
    }
    try {
      await this.#locks.request(this.#name, { ifAvailable: true }, hold)
      if (!isHeld) this.#wait()
    } catch {
      if (isHeld) this.#lost()
      else if (!this.#isClosed) this.#events.onRefused()
    }
  }

  #wait(): void {
    if (this.#isClosed) return
    this.#queue = new AbortController()
    this.#request({ signal: this.#queue.signal })
  }

  #request(options: { steal: true } | { signal: AbortSignal }): void {
    let isHeld = false
    const hold = (): Promise<void> => {
      isHeld = true
      return this.#hold(false)
    }
    // Rejects when it was taken from this tab, and when this tab waits for it no more.
    this.#locks.request(this.#name, options, hold).catch(() => {
      if (isHeld) return this.#lost()
      if (!('steal' in options)) return
      this.#isStealing = false
      this.#wait()
    })
  }

  #hold(isFree: boolean): Promise<void> {
    this.#isStealing = false
    return new Promise((resolve) => {
      this.#letGo = resolve
      if (this.#isClosed) resolve()
      else this.#events.onLead(isFree)
    })
  }

  #lost(): void {
    this.#letGo = undefined
    if (this.#isClosed) return
    this.#events.onLost()
    this.#wait()
  }
}
