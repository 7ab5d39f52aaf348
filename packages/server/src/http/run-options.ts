import type { StreamContract } from '@sse/contract'
import type { RunOutcome } from '../runs/run-state.ts'
import type { RunSource, RunStatus, StartOptions } from '../runs/runs.ts'
import type { Authorized, IdentityOf } from '../stream/identity.ts'
import type { StreamContext } from './context.ts'
import type { CommonOptions, SharedStreamOptions } from './options.ts'

/** The part of runs that streams use. */
export interface StreamRuns<Contract extends StreamContract> {
  readonly contract: Contract
  open(id: string, source: RunSource<Contract>, options?: StartOptions): unknown
  follow(id: string): unknown
  stop(id: string): Promise<RunOutcome>
  status(id: string): Promise<RunStatus>
}

/** What a request to `sse(runs, …)` wants. */
export interface RunRequest {
  /** `follow`: GET. `start`: POST. `stop` and `status`: requests to these paths, below the stream's. */
  readonly action: 'follow' | 'start' | 'stop' | 'status'
}

/**
 * What `start` returns: the source of the run, or an object with the source and options such as `group`. The source is
 * called if the run is started by this request.
 */
export type RunStart<Contract extends StreamContract> =
  | RunSource<Contract>
  | ({ readonly source: RunSource<Contract> } & StartOptions)

/** Options of a run stream. Write `authorize` first: the identity it returns types the other functions' context. */
export interface RunStreamOptions<
  Contract extends StreamContract,
  Native,
  Answer extends Authorized = Authorized,
> extends RunSourceOptions<Contract, StreamContext<Contract, IdentityOf<Answer>> & Native>,
    SharedStreamOptions,
    CommonOptions<Contract, Native> {
  /**
   * Decides about every request, before anything is read or started; the context's `action` says what it wants. Check
   * that this user may see, or stop, this run: an id that others cannot guess does not replace that. Return an identity
   * (a string, or an object with an `id`) or `true` to admit, `null` or `undefined` to answer 401, `false` to answer
   * 403. A thrown `SseError` is answered with its own status. Any other value is an error and admits no one.
   * `() => true` opens the runs to everyone.
   *
   * Return `{ identity, expiresAt }` to admit until a time, a `Date` or milliseconds since 1970, such as the expiry of a
   * token. The connection ends at most 0.5 s later, and the client reconnects.
   */
  authorize: (context: StreamContext<Contract, undefined> & RunRequest & Native) => Answer
}

/** The part of a run stream's options that decides which run a request is about. */
export interface RunSourceOptions<Contract extends StreamContract, Context> {
  /** Returns the id of the run. Default: the only parameter of the contract's path. */
  id?: (context: Context) => string | PromiseLike<string>
  /**
   * Makes the source of the run that a POST to the contract's path starts, or joins if it is running already. Called for
   * every POST: read the request here, and do the work in the source. A thrown `SseError` is answered with its own
   * status, and nothing is started. Default: POST is answered with 405.
   *
   * Its context has no `signal` and no `event`: those of the source are the run's, and do not depend on this connection.
   */
  start?: (context: Omit<Context, 'signal' | 'event'>) => RunStart<Contract> | PromiseLike<RunStart<Contract>>
}
