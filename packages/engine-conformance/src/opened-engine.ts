import type { Engine } from '@sse/server/engine-kit'

/** Something optional that an engine or its `open` has, and that the suite can test. */
export type Ability = 'another' | 'reopen' | 'crash' | 'presence' | 'traffic' | 'foreign'

/** What is stored of an append that rejected or was interrupted: everything or nothing, or some of its entries. */
export type Appends = 'whole' | 'in part'

/** How long an idempotency key is kept: as long as its event, or a time longer than a run of the suite. */
export type KeysHeld = 'with events' | 'for a time'

/** Fields of an entry as another program may write them: anything. */
export interface ForeignEntry {
  readonly channel: unknown
  readonly event: unknown
  readonly data: unknown
  readonly key: unknown
  readonly idempotencyKey: unknown
  /** Time, in milliseconds since 1970. */
  readonly at: unknown
}

/** A new, empty log, an engine on it, and what can happen to the log. */
export interface OpenedEngine {
  readonly engine: Engine
  /** Opens another engine on the same log, as another process would. */
  another?(): Promise<Engine>
  /** Restarts: opens the log after every engine on it was closed. */
  reopen?(): Promise<Engine>
  /**
   * Crashes: opens what `kill -9` at this moment would leave. The engines before it are not closed, and must no longer
   * reach the log: work on a copy, or cut their connections.
   */
  crash?(): Promise<Engine>
  /**
   * Resolves with the number of commands that the store has received so far from engines on this log. Asking does not
   * count. Traffic of other logs on the same store must not count either, unless there is none during the case.
   */
  traffic?(): number | Promise<number>
  /**
   * Writes an entry into the log past the engine, as another program may, and past the checks of the store as far as it
   * can do without. Values that the store has no type for are converted. Resolves with whether the entry is in the log;
   * `false` if the store has refused it.
   */
  foreign?(entry: ForeignEntry): Promise<boolean>
  /** Releases everything, including open engines. */
  close(): Promise<void>
}

/** One promise to test, for any test runner: `it(name, run)`. */
export interface ConformanceCase {
  readonly name: string
  /** Rejects with a {@link BrokenPromise} if the promise is broken. */
  run(): Promise<void>
}

/** A promise of the `Engine` interface. */
export interface EngineCase {
  readonly promise: string
  /** Ability that the case needs. */
  readonly needs?: Ability | 'presence and another'
  /** Runs only for engines that store interrupted appends so. */
  readonly appends?: Appends
  /** Runs only for engines that keep idempotency keys so. */
  readonly keys?: KeysHeld
  show(opened: OpenedEngine): Promise<void>
}
