import type { Retention } from '../log/engine.ts'

/** Trims a log piece by piece, so that other calls run between two pieces. */
export class TrimLoop {
  readonly #trimPiece: (retention: Retention) => Promise<boolean>
  #running: Promise<unknown> = Promise.resolve()
  #isClosed = false

  /** @param trimPiece removes a bounded number of entries; resolves with whether there are more to remove. */
  constructor(trimPiece: (retention: Retention) => Promise<boolean>) {
    this.#trimPiece = trimPiece
  }

  /** Removes everything the retention does not keep. Stops early, without an error, when the loop is closed. */
  trim(retention: Retention): Promise<void> {
    const running = this.#run(retention)
    this.#running = running.catch(() => {})
    return running
  }

  /** Resolves when the current piece is done. */
  async close(): Promise<void> {
    this.#isClosed = true
    await this.#running
  }

  async #run(retention: Retention): Promise<void> {
    while ((await this.#trimPiece(retention)) && !this.#isClosed) {}
  }
}

/** Returns a limit of a retention as a number a store can compare with; `undefined` for no limit. */
export function finiteLimit(limit: number): number | undefined {
  return limit < Number.MAX_SAFE_INTEGER ? limit : undefined
}
