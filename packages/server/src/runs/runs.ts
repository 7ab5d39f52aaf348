import type { StreamContract } from '@sse/contract'
import type { HubStats } from '../hub/stats.ts'
import type { Subscription } from '../hub/subscription.ts'
import type { RunEventMaker, RunEventOf } from './run-event.ts'
import type { RunOutcome } from './run-state.ts'

/** Argument of the source of a run. */
export interface RunContext<Contract extends StreamContract> {
  /** Id of the run. */
  readonly id: string
  /** Number of this attempt, from 1. Above 1: an earlier process crashed, and its events are void. */
  readonly attempt: number
  /**
   * Aborts when the run is ended from outside. Its `reason` is an `SseError` with the code `stopped`, `lost` or
   * `shutdown`. A client that disconnects does not abort it.
   */
  readonly signal: AbortSignal
  /** Makes an event, checked: an invalid payload throws at this call. */
  readonly event: RunEventMaker<Contract>
}

/** Produces the events of a run: an async generator function, or a function that returns an iterable. */
export type RunSource<Contract extends StreamContract> = (
  context: RunContext<Contract>,
) =>
  | AsyncIterable<RunEventOf<Contract>>
  | Iterable<RunEventOf<Contract>>
  | PromiseLike<AsyncIterable<RunEventOf<Contract>> | Iterable<RunEventOf<Contract>>>

export interface StartOptions {
  /** Name of what the run belongs to, such as a chat: at most one run of a group is running. 1 to 200 characters. */
  group?: string | undefined
  /**
   * What to do while the run is running already, or another one of its group. Default `join`.
   *
   * - `join`: returns the running one.
   * - `refuse`: rejects with `run_exists`.
   * - `replace`: stops the other run of the group, then starts. A run with this id itself is joined.
   */
  ifRunning?: 'join' | 'refuse' | 'replace' | undefined
  /**
   * How often a run is started at most, 1 to 100. Default 1: a run whose process crashes is `lost`. Above 1, another
   * process that has called `start` or `open` for it runs its source from the beginning, and viewers get a gap with
   * the reason `restarted`.
   */
  maxAttempts?: number | undefined
  /** Receives a promise that settles at the end of a run of this process: the `waitUntil` of a serverless host. */
  waitUntil?: ((running: Promise<unknown>) => void) | undefined
}

/** A started run. */
export interface Run {
  /** Its id. With a group, that of the running run that was joined. */
  readonly id: string
  /** Whether it was started before: this call's source was not called. */
  readonly joined: boolean
  /**
   * Resolves once the end is in the log, with what the log says: the same in every process. Rejects with `hub_closed`
   * when this process closes first.
   */
  readonly done: Promise<RunOutcome>
}

/** A run as the log describes it. */
export interface RunStatus {
  readonly id: string
  readonly status: 'running' | RunOutcome['status']
  /** Code of the error of a run that failed. */
  readonly code?: string
  /** Message of that error. */
  readonly message?: string
  /** Number of the current attempt. 0 for a run that was stopped before it started. */
  readonly attempt: number
  readonly group: string | undefined
  /** Milliseconds since 1970, by the engine's clock. */
  readonly startedAt: number
  /** Milliseconds since 1970, by the engine's clock. `undefined` while it is running. */
  readonly endedAt: number | undefined
}

/** The run to follow: an id, or the newest run of a group. */
export type FollowedRun = string | { readonly group: string }

export interface OpenOptions extends StartOptions {
  /** Id to resume after. As in `FollowOptions`. */
  after?: string | undefined
}

export interface FollowOptions {
  /**
   * Id to resume after. Default as the source of a stream: the request's last event id; in a loop: none. An id that is
   * not one of this run is answered with a gap and everything from the start.
   */
  after?: string | undefined
  /**
   * Follows the run only while it is running. One that has ended or is unknown is answered with 204, which also tells
   * an `EventSource` to stop; a loop ends at once. Default `false`: it is replayed, and 404 if it is unknown.
   */
  onlyRunning?: boolean | undefined
  /**
   * Ends a loop once it has received every event that was stored when it started. Not for connections. Default `false`:
   * the loop waits until the run ends.
   */
  untilHead?: boolean | undefined
}

/** Runs of a contract: sources that run once, whatever connects and disconnects. Created by `createRuns`. */
export interface Runs<Contract extends StreamContract> {
  readonly contract: Contract
  /**
   * Runs a source in this process, once: of all calls with this id, in every process, one runs it. The run continues
   * whether or not a client follows it. A run that has ended is not run again while it is retained.
   *
   * @param id - 1 to 200 characters, without control characters.
   * @throws {SseError} `run_exists`, `draining`, `hub_closed`, `option_invalid`, errors of the engine: then the source
   * was not called, and the same call may be repeated.
   */
  start(id: string, source: RunSource<Contract>, options?: StartOptions): Promise<Run>
  /**
   * Returns the events of a run that is started, or joined, when the stream opens: the source of an `sse()` stream. A
   * start that is refused becomes an HTTP status. A client that has left by then starts nothing; one that leaves later
   * ends nothing.
   *
   * @throws {SseError} `option_invalid`, `hub_closed`. A loop throws as `start` rejects.
   */
  open(id: string, source: RunSource<Contract>, options?: OpenOptions): Subscription<Contract>
  /**
   * Returns the events of a run: everything from its start, or after an id, then live, until it ends. The source of an
   * `sse()` stream, which ends with `sse.end` and the run's status, or something to loop over. Opens nothing yet.
   *
   * A stream of an unknown run is answered with 404, `run_unknown`. A loop throws it.
   *
   * @param run - its id, or `{ group }` for the newest run of a group as of the time the stream opens.
   * @throws {SseError} `hub_closed`, `option_invalid` (a group that is no name).
   */
  follow(run: FollowedRun, options?: FollowOptions): Subscription<Contract>
  /**
   * Ends a run as `stopped`, from any process, and resolves with its end once that is in the log. The signal of its
   * source aborts; what the source yields afterwards is not stored. A run that has ended stays as it is. A run that was
   * not started yet will not be started.
   *
   * @throws {SseError} `hub_closed`, `option_invalid`, errors of the engine: it may have been stopped.
   */
  stop(id: string): Promise<RunOutcome>
  /**
   * Resolves with the state of a run. One whose process is gone is ended as `lost` first.
   *
   * @throws {SseError} `run_unknown`, `hub_closed`, errors of the engine.
   */
  status(id: string): Promise<RunStatus>
  /**
   * Resolves with the newest run of a group; `undefined` if it has none.
   *
   * @throws {SseError} `hub_closed`, `option_invalid`, errors of the engine.
   */
  latest(group: string): Promise<RunStatus | undefined>
  /** Numbers of the viewers and of the log, as `hub.stats()`. */
  stats(): HubStats
  /**
   * Refuses new runs and viewers with 503, ends the streams of viewers, so that they reconnect to another process, and
   * waits for the runs of this process. A run that is still running after `graceMs` ends as `failed` with the code
   * `shutdown`, or, if it has attempts left, is given up for another process to start again.
   *
   * @param options.graceMs - default 10,000. 0: does not wait. `Infinity`: waits for every run.
   * @throws {SseError} `option_invalid`.
   */
  drain(options?: { graceMs?: number }): Promise<void>
  /** Drains without grace and closes the engine. Idempotent. */
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}
