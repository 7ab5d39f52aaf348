import type { Engine } from '@sse/server/engine-kit'

/** What an engine or its `open` has beside the verbs, and the suite can then show. */
export type Ability = 'another' | 'reopen' | 'crash' | 'presence'

/** What is there of an append that rejected or was cut off: all or nothing, or some of its entries. */
export type Appends = 'whole' | 'in part'

/** For how long an idempotency key is held: as long as its event, or a time that outlasts a run of the suite. */
export type KeysHeld = 'with events' | 'for a time'

/** A log of its own, empty, and what happens to it. */
export interface OpenedEngine {
  readonly engine: Engine
  /** Another engine on the same log, as another process would have it. */
  another?(): Promise<Engine>
  /** A restart: every engine on this log has been closed; opens what they have left. */
  reopen?(): Promise<Engine>
  /**
   * A crash: opens what `kill -9` at this moment would leave. The engines before it are not closed, and whatever
   * they still do must not reach the log any more (work on a copy, or behind a connection that is cut).
   */
  crash?(): Promise<Engine>
  /** Releases everything, open engines included. */
  close(): Promise<void>
}

/** A promise to be shown, for any test runner: `it(name, run)`. */
export interface ConformanceCase {
  readonly name: string
  /** Rejects with a {@connection BrokenPromise} when the promise is broken. */
  run(): Promise<void>
}

/** A promise of the engine's verbs. */
export interface EngineCase {
  readonly promise: string
  /** What it cannot be shown without. */
  readonly needs?: Ability | 'presence and another'
  /** Shown only of engines whose appends are stored so. */
  readonly appends?: Appends
  /** Shown only of engines that hold idempotency keys so. */
  readonly keys?: KeysHeld
  show(opened: OpenedEngine): Promise<void>
}
