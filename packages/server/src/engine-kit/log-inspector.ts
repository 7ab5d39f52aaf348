import type { Commit, Member, Page, ReadOptions } from '../log/engine.ts'

/** Position that a subscriber has acknowledged. */
export interface SubscriberCommit extends Commit {
  readonly subscriber: string
}

/** Some of the items of a list, and how many there are. */
export interface Listed<Item> {
  readonly items: readonly Item[]
  /** Number of items in the store. At least `items.length`. */
  readonly total: number
}

/**
 * Reads what a hub has stored, while it runs or not, and changes nothing: it creates no table, key, stream or file, and is
 * neither a reader nor a process of the hub. For tools that look at a log, such as `sse inspect`.
 *
 * Calls reject with `engine_failed` where there is no log of this engine, and as an engine's calls do.
 */
export interface LogInspector {
  /** Reads entries of all channels with a position above `after`, as `Engine.read` does. */
  read(after: number, options: Pick<ReadOptions, 'limit' | 'maxBytes'>): Promise<Page>
  /** Resolves with up to `limit` commits of subscribers. */
  commits(limit: number): Promise<Listed<SubscriberCommit>>
  /** Resolves with up to `limit` connected identities of processes with a valid lease. */
  members(limit: number): Promise<Listed<Member>>
  /** Closes the connection. Idempotent. */
  close(): Promise<void>
}
