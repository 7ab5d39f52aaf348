import { isSseError, SseError, type StreamContract } from '@sse/contract'
import { createLogHub } from '../hub/create-hub.ts'
import type { HubStats } from '../hub/stats.ts'
import type { Subscription } from '../hub/subscription.ts'
import { callApp } from '../log/app-callback.ts'
import type { ConnectionAdmitter } from '../stream/connection-handle.ts'
import { atMost, MAX_TIMER_MS } from '../timing/at-most.ts'
import { Lease } from './lease.ts'
import { type RunsOptions, type SettledRunsOptions, settleRunsOptions } from './options.ts'
import { type ClaimScope, RunClaims, runExists } from './run-claims.ts'
import type { CursorContext } from './run-cursor.ts'
import { type FoundRun, loggedContract, RunLog } from './run-log.ts'
import { checkRunName, eventsChannel, isRunName, runUnknown } from './run-names.ts'
import type { RunOutcome, RunState } from './run-state.ts'
import { RunTracker } from './run-tracker.ts'
import { RunView } from './run-view.ts'
import { RunWriter } from './run-writer.ts'
import { Runner, type RunnerContext } from './runner.ts'
import type {
  FollowedRun,
  FollowOptions,
  OpenOptions,
  Run,
  RunSource,
  RunStatus,
  Runs,
  StartOptions,
} from './runs.ts'
import { type Starting, settleStart } from './start-options.ts'
import { Watcher } from './watcher.ts'

/**
 * Creates the runs of a contract. It opens its engine when it is first used.
 *
 * @throws {SseError} `option_invalid`.
 * @example
 * const runs = createRuns(answers, { engine: sqlite('runs.db') })
 * app.use(sse(runs, { authorize: ({ req, params }) => mayUse(req, params.run), start: ({ req }) => answer(req.body) }))
 */
export function createRuns<Contract extends StreamContract>(
  contract: Contract,
  options: RunsOptions<Contract> = {},
): Runs<Contract> {
  return new LogRuns(contract, settleRunsOptions(contract, options))
}

type Source = (context: RunnerContext) => unknown

/** How many times the start of a run is appended again within the retention. */
const RENEWALS = 3

/** Codes of errors after which the leases of other processes may have expired only because no call reached the engine. */
const ENGINE_FAILURES: ReadonlySet<string> = new Set(['engine_unavailable', 'engine_failed'])

class LogRuns<Contract extends StreamContract> implements Runs<Contract> {
  readonly contract: Contract
  readonly #settings: SettledRunsOptions
  readonly #log: RunLog
  readonly #lease: Lease
  readonly #claims: RunClaims
  readonly #watcher: Watcher
  readonly #view: CursorContext
  /** Connections of a mount are counted, limited, drained and revoked by the hub that stores the runs. */
  readonly '@sse/admit': ConnectionAdmitter['@sse/admit']
  readonly #abort = new AbortController()
  /** Runs of this process. */
  readonly #runners = new Map<string, Runner>()
  readonly #trackers = new Map<string, RunTracker>()
  /** Starts in progress, so that two of one id do not overlap. */
  readonly #starting = new Map<string, Promise<unknown>>()
  #isDraining = false
  /** No run begins in this process any more. */
  #hasGivenUp = false
  #closing: Promise<void> | undefined

  constructor(contract: Contract, settings: SettledRunsOptions) {
    const { engine, leaseMs, onError } = settings
    this.contract = contract
    this.#settings = settings
    this.#lease = new Lease(engine.presence, leaseMs, onError)
    const report = (error: unknown) => {
      if (isSseError(error) && ENGINE_FAILURES.has(error.code)) this.#lease.engineFailed()
      onError(error)
    }
    const hub = createLogHub(loggedContract(contract), { ...settings.hub, onError: report })
    this.#log = new RunLog(hub, engine, onError, () => this.#lease.engineFailed())
    this.#watcher = new Watcher(this.#log, this.#lease, leaseMs, onError)
    const serially: ClaimScope['serially'] = (id, task) => this.#serially(id, task)
    const isClosed = () => this.#closing !== undefined
    this.#claims = new RunClaims(this.#log, this.#lease, { runners: this.#runners, serially, isClosed })
    this['@sse/admit'] = (handle) => hub['@sse/admit'](handle)
    this.#view = { log: this.#log, watcher: this.#watcher }
  }

  async start(id: string, source: RunSource<Contract>, options: StartOptions = {}): Promise<Run> {
    checkRunName('id', id)
    const starting = settleStart(source, options)
    this.#checkOpen()
    if (this.#isDraining) throw draining()
    return this.#serially(id, () => this.#start(id, source as unknown as Source, starting))
  }

  open(
    id: string,
    source: RunSource<Contract>,
    { after, ...options }: OpenOptions = {},
  ): Subscription<Contract> {
    checkRunName('id', id)
    settleStart(source, options)
    this.#checkOpen()
    const start = async () => (await this.start(id, source, options)).id
    return new RunView(this.#view, start, { after }) as unknown as Subscription<Contract>
  }

  follow(run: FollowedRun, options: FollowOptions = {}): Subscription<Contract> {
    this.#checkOpen()
    const find = typeof run === 'string' ? () => run : this.#finderOf(run)
    return new RunView(this.#view, find, options) as unknown as Subscription<Contract>
  }

  /** Returns what finds the newest run of a group. */
  #finderOf({ group }: { readonly group: string }): () => Promise<string | undefined> {
    checkRunName('group', group)
    return async () => (await this.#log.newest(group))?.run
  }

  async stop(id: string): Promise<RunOutcome> {
    checkRunName('id', id)
    this.#checkOpen()
    return this.#claims.stop(id)
  }

  async status(id: string): Promise<RunStatus> {
    this.#checkOpen()
    const found = isRunName(id) ? await this.#claims.settle(id) : undefined
    if (!found) throw runUnknown()
    return toStatus(id, found.state)
  }

  async latest(group: string): Promise<RunStatus | undefined> {
    checkRunName('group', group)
    this.#checkOpen()
    const head = await this.#log.newest(group)
    if (!head) return undefined
    const found = await this.#claims.settle(head.run)
    return found && toStatus(head.run, found.state)
  }

  stats(): HubStats {
    return this.#log.hub.stats()
  }

  async drain({ graceMs = 10_000 }: { graceMs?: number } = {}): Promise<void> {
    if (!(graceMs >= 0)) {
      throw new SseError('option_invalid', `drain: graceMs must be 0 or more, not ${graceMs}`)
    }
    this.#isDraining = true
    const viewers = this.#log.hub.drain({ graceMs })
    const started = Promise.allSettled(this.#starting.values())
    await atMost(
      graceMs,
      started.then(() => this.#allFinished()),
    )
    await this.#giveUp()
    await viewers
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #close(): Promise<void> {
    await this.drain({ graceMs: 0 })
    this.#watcher.stop()
    this.#abort.abort()
    for (const runner of this.#runners.values())
      runner.cut(new SseError('shutdown', 'The server is shutting down'))
    await this.#lease.leave().catch(this.#settings.onError)
    await this.#log.hub.close()
  }

  /** Runs one task of a run after the other. */
  async #serially<Result>(id: string, task: () => Promise<Result>): Promise<Result> {
    const result = Promise.resolve(this.#starting.get(id))
      .catch(() => {})
      .then(task)
    this.#starting.set(id, result)
    try {
      return await result
    } finally {
      if (this.#starting.get(id) === result) this.#starting.delete(id)
    }
  }

  async #start(id: string, source: Source, options: Starting): Promise<Run> {
    const { group } = options
    const rival = group === undefined ? undefined : await this.#claims.enterGroup(id, group, options)
    if (rival) return this.#joined(rival.id, rival.found)
    const { found, isMine } = await this.#claims.claim(id, options)
    if (!isMine) return this.#join(id, found, source, options)
    const winner = group === undefined ? undefined : await this.#claims.winGroup(id, found, group, options)
    if (winner) return this.#joined(winner.id, winner.found)
    if (!this.#hasGivenUp) return this.#run(id, found, source, options)
    this.#lease.release()
    await this.#claims.withdraw(id, found.state)
    throw draining()
  }

  #join(id: string, found: FoundRun, source: Source, options: Starting): Run {
    const { end, attempt, maxAttempts } = found.state
    if (end) return this.#joined(id, found)
    if (options.ifRunning === 'refuse') throw runExists(id)
    if (attempt < maxAttempts) this.#standBy(id, found, source, options)
    return this.#joined(id, found)
  }

  #joined(id: string, found: FoundRun): Run {
    // Only who asks for the end makes this process follow the run.
    const track = () => this.#track(id, found)
    let done: Promise<RunOutcome> | undefined
    return {
      id,
      joined: true,
      get done() {
        done ??= outcomeOf(track())
        return done
      },
    }
  }

  /** Runs the next attempt here if the process that runs it is gone. */
  #standBy(id: string, found: FoundRun, source: Source, options: Starting): void {
    const tracker = this.#track(id, found)
    let isClaiming = false
    tracker.takeOver = () => {
      if (isClaiming || this.#isDraining) return
      isClaiming = true
      this.#serially(id, async () => {
        const { found, isMine } = await this.#claims.claim(id, options)
        if (isMine && !this.#hasGivenUp) this.#run(id, found, source, options)
      })
        .catch(this.#settings.onError)
        .finally(() => {
          isClaiming = false
        })
    }
  }

  #track(id: string, found: FoundRun): RunTracker {
    const known = this.#trackers.get(id)
    if (known) return known
    const tracker = new RunTracker(id, found, this.#log, this.#abort.signal, this.#settings.onError)
    this.#trackers.set(id, tracker)
    this.#watcher.watch(tracker)
    const remove = () => {
      this.#trackers.delete(id)
      this.#watcher.unwatch(tracker)
    }
    tracker.done.then(remove, remove)
    return tracker
  }

  #run(id: string, found: FoundRun, source: Source, { waitUntil }: Starting): Run {
    const { merge, batchMs, onError, retention } = this.#settings
    const { contract } = this
    const { state } = found
    const log = this.#log
    const tracker = this.#track(id, found)
    const channel = eventsChannel(id, state.attempt)
    const keyPrefix = `${state.position}-`
    const writer = new RunWriter({ contract, hub: log.hub, channel, keyPrefix, merge, batchMs })
    const renewal = {
      maxAgeMs: Math.min(retention.maxAgeMs / RENEWALS, MAX_TIMER_MS),
      maxEntries: retention.maxEvents / RENEWALS,
    }
    const runner = new Runner({ contract, log, tracker, writer, state, source, renewal, onError })
    this.#runners.set(id, runner)
    runner.finished.then(() => {
      if (this.#runners.get(id) === runner) this.#runners.delete(id)
      this.#lease.release()
    })
    const done = outcomeOf(tracker)
    if (waitUntil) callApp(() => waitUntil(done.catch(() => {})), onError)
    return { id, joined: false, done }
  }

  async #allFinished(): Promise<void> {
    await Promise.all([...this.#runners.values()].map(({ finished }) => finished))
  }

  /** Ends the runs that are left: as failed, or without an end if another process may start them again. */
  async #giveUp(): Promise<void> {
    this.#hasGivenUp = true
    const reason = new SseError('shutdown', 'The server is shutting down')
    const outcome = { status: 'failed', ...reason.toJSON() } as const
    const ending = [...this.#runners].map(async ([id, runner]) => {
      const { attempt, maxAttempts } = this.#trackers.get(id)?.state ?? { attempt: 0, maxAttempts: 0 }
      runner.cut(reason)
      if (attempt < maxAttempts) return
      await this.#log
        .append(id, { type: 'ended', attempt: runner.attempt, outcome })
        .catch(this.#settings.onError)
    })
    if (ending.length === 0) return
    await Promise.all(ending)
    await this.#allFinished()
    await this.#lease.leave().catch(this.#settings.onError)
  }

  #checkOpen(): void {
    if (this.#closing) throw new SseError('hub_closed', 'The runs are closed')
  }
}

function outcomeOf({ done }: RunTracker): Promise<RunOutcome> {
  const outcome = done.then(({ end }) => end?.outcome ?? { status: 'lost' as const })
  outcome.catch(() => {}) // the caller may not await it
  return outcome
}

function toStatus(id: string, { attempt, group, startedAt, end }: RunState): RunStatus {
  const { status = 'running', ...details } = end?.outcome ?? {}
  return { id, status, ...details, attempt, group, startedAt, endedAt: end?.at }
}

function draining(): SseError {
  return new SseError('draining', 'The server is shutting down; retry in a moment', { retryAfterMs: 2_000 })
}
