import type { DatabaseSync, StatementSync } from 'node:sqlite'

/**
 * Tells when another connection, of any process, has committed to the file. What its own connection commits
 * does not count.
 */
export class CommitWatch {
  readonly #db: DatabaseSync
  readonly #pollMs: number
  readonly #callbacks = new Set<{ readonly callback: () => void }>()
  #dataVersion: StatementSync | undefined
  #seen: unknown
  #timer: NodeJS.Timeout | undefined
  #isToldSoon = false

  constructor(db: DatabaseSync, pollMs: number) {
    this.#db = db
    this.#pollMs = pollMs
  }

  /** @returns a function that stops it. */
  onCommit(callback: () => void): () => void {
    const held = { callback }
    this.#callbacks.add(held)
    if (!this.#timer) {
      this.#look()
      this.#timer = setInterval(() => this.#poll(), this.#pollMs).unref()
    }
    return () => {
      this.#callbacks.delete(held)
      if (this.#callbacks.size === 0) this.stop()
    }
  }

  /** Tells in the next turn: by then a transaction of this turn is committed. */
  tellSoon(): void {
    if (this.#isToldSoon) return
    this.#isToldSoon = true
    setImmediate(() => {
      this.#isToldSoon = false
      this.#tell()
    })
  }

  stop(): void {
    clearInterval(this.#timer)
    this.#timer = undefined
  }

  #poll(): void {
    if (this.#look()) this.#tell()
  }

  /** Whether there was a commit since the last look. */
  #look(): boolean {
    try {
      this.#dataVersion ??= this.#db.prepare('PRAGMA data_version')
      const seen = this.#dataVersion.get()?.data_version
      const isNew = seen !== this.#seen
      this.#seen = seen
      return isNew
    } catch {
      return false // locked for the moment, or broken: whoever reads next is told why
    }
  }

  #tell(): void {
    for (const { callback } of [...this.#callbacks]) callback()
  }
}
