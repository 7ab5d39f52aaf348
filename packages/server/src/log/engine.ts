/** An event as a hub hands it to its engine: checked, encoded as JSON, without a place in the log yet. */
export interface NewEntry {
  /** 1 to 256 characters. */
  readonly channel: string
  /** The event's name. */
  readonly event: string
  /** The payload as one line of JSON; `''` for `undefined`. */
  readonly data: string
  /** What the event is about, for channels that deliver only the latest event of each key. */
  readonly key?: string | undefined
  /** Publishing twice with one of these stores one event, for as long as the engine holds it: see `append`. */
  readonly idempotencyKey?: string | undefined
}

/** An event in the log. */
export interface Entry extends Omit<NewEntry, 'idempotencyKey'> {
  /** Its place in the hub's order: 1, 2, 3 … without holes, never used twice within one epoch. */
  readonly position: number
  /** When it was stored, in milliseconds since 1970, by the engine's clock. */
  readonly at: number
}

/** Which log, and how far it reaches: `oldest` to `head`. A log without entries has `oldest === head + 1`. */
export interface LogState {
  /**
   * 1 to 32 letters and digits that name this log. It MUST change whenever positions that were acknowledged may
   * be given out again: a log in memory that started anew, a store that lost its last commits, a failover.
   */
  readonly epoch: string
  /** Position of the newest entry, 0 before the first. */
  readonly head: number
  /** Position of the oldest entry still held. */
  readonly oldest: number
}

/** Entries after a position, in order, and the state of the log they were read from, in one atomic view. */
export interface Page extends LogState {
  readonly entries: readonly Entry[]
}

/** How much history an engine keeps. What exceeds either limit is trimmed, oldest first. */
export interface Retention {
  /** `Infinity`: no limit. `0`: none is kept. */
  readonly maxEvents: number
  /** In milliseconds. `Infinity`: no limit. */
  readonly maxAgeMs: number
}

/** How far a subscriber has got. */
export interface Commit {
  readonly epoch: string
  readonly position: number
}

/** Somebody connected to a channel. */
export interface Member {
  readonly channel: string
  readonly identity: string
}

/**
 * Who is connected, over all processes that share an engine. Each process has a name of its own, and says now
 * and then that it lives: the members of one that crashed are gone `ttlMs` after its last word.
 */
export interface PresenceStore {
  /** Adds members of a process, and counts as its word. Adding one that is there changes nothing. */
  enter(process: string, members: readonly Member[], ttlMs: number): Promise<void>
  /** Removes members of a process; another process's are not touched. */
  leave(process: string, members: readonly Member[]): Promise<void>
  /** Says that a process lives. `false` when its members are not held any more: it has to enter them again. */
  touch(process: string, ttlMs: number): Promise<boolean>
  /** The identities in a channel, each once, of all processes that live. */
  present(channel: string): Promise<readonly string[]>
}

/**
 * Where a hub's log is kept, and how processes that share it hear of each other.
 *
 * The suite of `@sse/engine-conformance` shows whether an engine keeps what is written here. A hub calls `append`
 * one at a time, `trim` one at a time, and everything else at any time. What fails MUST reject with an `SseError`
 * (`engine_unavailable` when trying again may help, else `engine_failed`) and heal by itself afterwards.
 */
export interface Engine {
  /** Left out by an engine of a single process. */
  readonly presence?: PresenceStore
  /**
   * The most bytes of `data` (UTF-8) that an entry may have, where the store has a limit of its own; `undefined`
   * while it is not known. A hub refuses what is larger before it shares a batch with others.
   */
  readonly maxDataBytes?: number | undefined
  /**
   * Stores entries and gives each its position, in the order given: all of them, or it rejects.
   *
   * When it rejects, or is cut off by a crash, none of them SHOULD be stored. An engine whose store takes one at a
   * time may have stored some of them, in their order; it says so.
   *
   * MUST resolve only once they are as durable as the engine promises. An entry MUST NOT become visible to
   * `read` after one with a higher position. One whose `idempotencyKey` is held already (or came earlier in
   * `entries`) MUST NOT be stored again: its position is that of the first. A key SHOULD be held as long as its event;
   * an engine whose store remembers keys for a time of its own says so.
   */
  append(
    entries: readonly NewEntry[],
  ): Promise<{ readonly epoch: string; readonly positions: readonly number[] }>
  /**
   * Reads up to `limit` entries with a position above `after`, only those of `channels` if given.
   *
   * MUST cost the entries read, not those of other channels. Fewer than `limit` entries means that there are no
   * more up to `head`. An `after` older than `oldest - 1` is answered from `oldest` on: the caller sees by
   * `oldest` that something is missing. `limit` 0 reads the state alone.
   */
  read(after: number, limit: number, channels?: readonly string[]): Promise<Page>
  /**
   * Calls `callback` whenever the log may have grown by another hand. A hint: it MAY come for nothing or late,
   * and a hub also looks by itself now and then.
   *
   * @returns a function that stops it.
   */
  onWake(callback: () => void): () => void
  /** Removes what exceeds the retention, oldest first and without holes. `head` stays. */
  trim(retention: Retention): Promise<void>
  /**
   * Remembers how far a subscriber has got. MUST be monotone: within one epoch a lower position than the one
   * held changes nothing; another epoch replaces it.
   */
  commit(subscriber: string, commit: Commit): Promise<void>
  /** The last commit of a subscriber; `undefined` when there is none. */
  committed(subscriber: string): Promise<Commit | undefined>
  /** Lets go of everything. Later calls reject with `engine_unavailable`. Closing twice is nothing. */
  close(): Promise<void>
}
