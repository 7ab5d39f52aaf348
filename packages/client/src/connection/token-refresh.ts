/** Gets a fresh token after 401, for a feed's stream and its acknowledgements. */
export class TokenRefresh {
  /** A fresh token was fetched, and no response has accepted it yet. */
  isUsed = false
  readonly #run: () => unknown
  #pending: Promise<unknown> | undefined

  /** @param run - the app's `refresh`. */
  constructor(run: () => unknown) {
    this.#run = run
  }

  /** Calls made while one is in flight share it. */
  refresh(): Promise<unknown> {
    this.#pending ??= Promise.resolve(this.#run()).finally(() => {
      this.#pending = undefined
    })
    return this.#pending
  }
}
