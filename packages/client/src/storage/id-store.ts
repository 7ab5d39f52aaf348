/** Keeps a feed's last event id, so that the next page resumes after it. */
export interface IdStore {
  /** Stores with the same key are equal: hooks may create one per render. */
  readonly key?: string
  /**
   * Called once, before the first attempt. A failure, and an id that is not one line of at most 1,024 characters, is
   * reported and treated as `undefined`: no id. While it is pending, the first attempt waits, at most `idleTimeoutMs`.
   */
  load(): string | undefined | Promise<string | undefined>
  /** Called with each new id, after its event was delivered, up to 10,000 times a second: must return at once. */
  save(id: string): void
}
