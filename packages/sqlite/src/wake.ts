import type { StatementSync } from 'node:sqlite'
import { Listeners } from '@sse/server/engine-kit'
import type { LogFile } from './log-file.ts'

/** Polls the file for commits of other connections, of any process. The engine's own commits do not count. */
export class WakePoller {
  readonly #file: LogFile
  readonly #pollMs: number
  readonly #listeners = new Listeners()
  #dataVersion: StatementSync | undefined
  #seen: unknown
  #timer: NodeJS.Timeout | undefined
  #isWakePending = false

  constructor(file: LogFile, pollMs: number) {
    this.#file = file
    this.#pollMs = pollMs
  }

  /** Polls from the first callback until the last is removed. */
  add(callback: () => void): () => void {
    if (this.#file.isClosed) return () => {}
    const remove = this.#listeners.add(callback)
    if (!this.#timer) {
      this.#open()
      this.#timer = setInterval(() => this.#poll(), this.#pollMs).unref()
    }
    return () => {
      remove()
      if (this.#listeners.size === 0) this.#stop()
    }
  }

  /** Wakes in the next turn: by then, a transaction of this turn is committed. */
  wakeSoon(): void {
    if (this.#isWakePending) return
    this.#isWakePending = true
    setImmediate(() => {
      this.#isWakePending = false
      this.#listeners.call()
    })
  }

  close(): void {
    this.#listeners.clear()
    this.#stop()
  }

  #stop(): void {
    clearInterval(this.#timer)
    this.#timer = undefined
  }

  #open(): void {
    try {
      this.#file.tables()
    } catch {
      return // the next read reports why
    }
    this.#hasChanged()
  }

  #poll(): void {
    if (this.#hasChanged()) this.#listeners.call()
  }

  /** Returns whether there was a commit since the last call. */
  #hasChanged(): boolean {
    try {
      this.#dataVersion ??= this.#file.writer?.prepare('PRAGMA data_version')
      if (!this.#dataVersion) return false
      const seen = this.#dataVersion.get()?.data_version
      const isNew = seen !== this.#seen
      this.#seen = seen
      return isNew
    } catch {
      return false // locked for the moment, or broken: the next read reports why
    }
  }
}
