/** Where a feed keeps its last event id, so that the next page goes on after it. */
export interface IdStore {
  /** Stores with the same key are the same: hooks may make one with each render. */
  readonly key?: string
  /** Asked once, before the first attempt. `undefined`: there is none. A failure is reported, and counts as none. */
  load(): string | undefined | Promise<string | undefined>
  /** Called with each new id, also at 10,000 a second: it must return at once. */
  save(id: string): void
}
