/** An event as a hub passes it to its engine: checked and encoded, without a position yet. */
export interface NewEntry {
  /** 1 to 256 characters. */
  readonly channel: string
  /** Event name. */
  readonly event: string
  /** Payload as one line of JSON. `''` stands for `undefined`. */
  readonly data: string
  /** Key of the event, for channels that deliver only the latest event of each key. */
  readonly key?: string | undefined
  /**
   * Appending a second entry with the same key to the same channel stores nothing while the engine keeps the key: see
   * `append`.
   */
  readonly idempotencyKey?: string | undefined
  /**
   * Trace context of the publisher, as the `traceparent` header of W3C Trace Context: 55 characters. An engine MAY leave
   * it out of what `read` returns: traces then do not lead to other processes. Most entries have none. It is not for
   * clients.
   */
  readonly traceparent?: string | undefined
}

/** An event in the log. */
export interface Entry extends Omit<NewEntry, 'idempotencyKey'> {
  /** Position in the hub's order: 1, 2, 3 … without holes. Never used twice within one epoch. */
  readonly position: number
  /** Time of the append in milliseconds since 1970, by the engine's clock. */
  readonly at: number
}

/** Identity and extent of a log: it contains the positions `oldest` to `head`. An empty log has `oldest === head + 1`. */
export interface LogState {
  /**
   * Name of this log, 1 to 32 letters and digits. It MUST change whenever acknowledged positions may be assigned again:
   * an in-memory log after a restart, a store that lost its last commits, a failover.
   */
  readonly epoch: string
  /** Position of the newest entry. 0 before the first one. */
  readonly head: number
  /** Position of the oldest retained entry. */
  readonly oldest: number
}

/** What `read` returns at most. */
export interface ReadOptions {
  /** Maximum number of entries. 0: reads the state only. */
  readonly limit: number
  /**
   * Maximum size of all entries' `data` together, in bytes of UTF-8. A page contains at least one entry if there is one,
   * however large it is, and nothing beyond the entry that reaches the maximum.
   */
  readonly maxBytes: number
  /** Reads only entries of these channels. Default: all. */
  readonly channels?: readonly string[]
  /**
   * `true` for a reader behind the newest events. An engine with connections SHOULD read on another one than it appends
   * and follows with, so that history delays nothing. Default `false`.
   */
  readonly isHistory?: boolean
}

/** Entries after a position, in order, and the state of the log they belong to. One atomic view. */
export interface Page extends LogState {
  readonly entries: readonly Entry[]
  /**
   * Every entry of the requested channels above the requested position and up to this one is in `entries`. At least the
   * requested position; `head` if there is nothing more to read.
   */
  readonly reached: number
}

/** How much history an engine keeps. Entries over either limit are trimmed, oldest first. */
export interface Retention {
  /** Maximum number of entries. `Infinity`: no limit. `0`: keeps none. */
  readonly maxEvents: number
  /** Maximum age in milliseconds. `Infinity`: no limit. */
  readonly maxAgeMs: number
  /** Maximum age of a subscriber's last commit in milliseconds. `Infinity`: no limit. */
  readonly maxCommitAgeMs: number
}

/** Position a subscriber has acknowledged. */
export interface Commit {
  readonly epoch: string
  readonly position: number
}

/** An identity that is connected to a channel. */
export interface Member {
  readonly channel: string
  readonly identity: string
}

/**
 * Connected identities of all processes that share an engine. Each process has a unique name and renews its lease from
 * time to time: the members of a crashed process expire `ttlMs` after its last call of `enter` or `touch`.
 */
export interface PresenceStore {
  /** Adds members of a process and renews its lease. Idempotent. */
  enter(process: string, members: readonly Member[], ttlMs: number): Promise<void>
  /** Removes members of a process. Members of other processes stay. */
  leave(process: string, members: readonly Member[]): Promise<void>
  /** Renews the lease of a process. Resolves with `false` if its members have expired and must be entered again. */
  touch(process: string, ttlMs: number): Promise<boolean>
  /** Resolves with the identities in a channel over all processes with a valid lease, each once. */
  present(channel: string): Promise<readonly string[]>
}

/**
 * Storage of a hub's log, and how processes that share the log learn of new entries.
 *
 * The suite in `@sse/engine-conformance` tests the rules written here. A hub makes one `append` and one `trim` at a
 * time; every other call may come at any time. A call that fails MUST reject with an `SseError`: `engine_unavailable`
 * if a retry may succeed, `engine_failed` otherwise. An append rejects with `payload_too_large` if the store does not
 * take an entry of that size and nothing of the append was stored: the hub appends the others again. The engine MUST
 * recover by itself afterwards. A hub gives up a call that has not settled after 30 seconds; the next one may then come
 * while it is still pending.
 *
 * An engine SHOULD open files and connections at its first call, not when it is created.
 *
 * @typeParam Tx - what `insert` writes with: a transaction or connection of the app. `never` without `insert`.
 */
export interface Engine<Tx = never> {
  /** Presence over all processes that share the log. Omitted by an engine of a single process. */
  readonly presence?: PresenceStore
  /**
   * Maximum size of an entry's `data` in bytes of UTF-8, if the store has a limit; `undefined` while it is unknown. The
   * hub rejects larger payloads before they share a batch with others.
   */
  readonly maxDataBytes?: number | undefined
  /**
   * `true` if an append that rejects has stored nothing and will not, so that it may be repeated without a key: a store in
   * this process. Default `false`: with a connection between, the reply may be lost, not the append. An engine that takes
   * longer than 30 seconds for an append must not say `true`.
   */
  readonly rejectsOnlyUnstored?: boolean | undefined
  /**
   * `true` while a wake-up follows every append of another process, so that only a fault loses one: a hub to which nothing
   * has happened for 5 seconds then polls every 30 seconds, not every second. Read once a second. It MUST become `false`
   * once the engine has reason to doubt it. Default `false`.
   */
  readonly hasReliableWakes?: boolean | undefined
  /**
   * Stores entries in the given order and resolves with their positions. It stores all of them or rejects.
   *
   * When it rejects, or a crash interrupts it, none of the entries SHOULD be stored. An engine whose store takes one
   * entry at a time may have stored some of them, in order; its documentation says so. `entries` have at most 4 MiB of
   * text together, unless it is one. Rejecting with `payload_too_large` means that nothing was stored because the entries
   * are too large: the hub then appends them in smaller batches, down to single entries.
   *
   * MUST resolve only once the entries are as durable as the engine promises. An entry MUST NOT become visible to
   * `read` after an entry with a higher position. An entry whose `idempotencyKey` is already known in its channel (or
   * came earlier in `entries`) MUST NOT be stored: its position is that of the first entry. Keys of different channels
   * are independent. A key SHOULD be kept as long as its event; an engine whose store keeps keys for a fixed time
   * documents that time.
   */
  append(
    entries: readonly NewEntry[],
  ): Promise<{ readonly epoch: string; readonly positions: readonly number[] }>
  /**
   * Stores an entry inside a transaction of the app: it becomes visible when the transaction commits. Only engines whose
   * store the app can share have this.
   *
   * A synchronous engine MUST have written the entry, or thrown, before it returns.
   */
  insert?(entry: NewEntry, tx: Tx): void | Promise<void>
  /**
   * Reads entries with a position above `after`, in order.
   *
   * The cost, in time and in memory, MUST depend on the entries returned, not on entries of other channels nor on larger
   * ones that follow. If `after` is below `oldest - 1`, the page starts at `oldest`: the caller compares to detect the
   * gap. A time limit of the engine's MUST NOT count the time a call has waited for other calls of this process.
   */
  read(after: number, options: ReadOptions): Promise<Page>
  /**
   * Calls `callback` whenever another process may have appended. A hint: it MAY come without a reason, late or never. A
   * hub also polls: see `hasReliableWakes`. A hub without readers stops the calls: the engine MUST then send nothing to its store by itself.
   *
   * @returns a function that stops the calls.
   */
  onWake(callback: () => void): () => void
  /**
   * Removes entries over the retention, oldest first and without holes, and commits over their age. `head` stays.
   */
  trim(retention: Retention): Promise<void>
  /**
   * Stores the position a subscriber has acknowledged. MUST be monotone: within one epoch a lower position than the
   * stored one changes nothing. A commit of another epoch replaces the stored one.
   */
  commit(subscriber: string, commit: Commit): Promise<void>
  /** Resolves with the last commits of subscribers, in one request. Subscribers without one are missing. */
  committed(subscribers: readonly string[]): Promise<ReadonlyMap<string, Commit>>
  /** Removes the commit of a subscriber. Idempotent. */
  forget(subscriber: string): Promise<void>
  /** Releases everything. Later calls reject with `engine_unavailable`. Idempotent. */
  close(): Promise<void>
}
