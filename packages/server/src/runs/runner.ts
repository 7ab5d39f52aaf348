import { SseError, type StreamContract } from '@sse/contract'
import { toPublicError } from '../stream/public-error.ts'
import { releaseSource } from '../stream/release-source.ts'
import { type EventIterator, iterate } from '../stream/source.ts'
import { captureContext } from '../timing/async-context.ts'
import { type Periodic, startPeriodic, stopPeriodic } from '../timing/periodic.ts'
import { makeRunEvent, RunEvent } from './run-event.ts'
import type { RunLog } from './run-log.ts'
import type { RunOutcome, RunState } from './run-state.ts'
import type { RunTracker } from './run-tracker.ts'
import type { RunWriter } from './run-writer.ts'
import { SourcePuller } from './source-puller.ts'

export interface RunnerSettings {
  readonly contract: StreamContract
  readonly log: RunLog
  readonly tracker: RunTracker
  readonly writer: RunWriter
  /** The run with the attempt that this process has won. */
  readonly state: RunState
  readonly source: (context: RunnerContext) => unknown
  readonly renewal: RenewalLimits
  /** Never throws. */
  readonly onError: (error: unknown) => void
}

/** When the start of a run is appended again, so that it stays retained: after either of them. */
export interface RenewalLimits {
  /** Milliseconds. `Infinity`: never. */
  readonly maxAgeMs: number
  /** Entries of all runs. `Infinity`: never. */
  readonly maxEntries: number
}

/** Argument of a source, without types of a contract. */
export interface RunnerContext {
  readonly id: string
  readonly attempt: number
  readonly signal: AbortSignal
  readonly event: (name: string, payload: unknown) => RunEvent
}

const CUT = Symbol('cut')
const FIRST_RETRY_MS = 50
/** How often the number of entries since the last renewal is looked at. */
const COUNT_MS = 250
const MAX_RETRY_MS = 2_000

/** One attempt of a run in this process: pulls the source, stores what it yields, and appends the end. */
export class Runner implements Periodic {
  readonly attempt: number
  /** Resolves once this process has nothing more to do for the run. Never rejects. */
  readonly finished: Promise<void>
  readonly #settings: RunnerSettings
  readonly #abort = new AbortController()
  readonly #inContext = captureContext()
  readonly #path: string
  readonly #tickMs: number
  /** Time and position of the last renewal. */
  #renewed: { at: number; position: number }
  #iterator: EventIterator | undefined
  #puller: SourcePuller | undefined
  #isCut = false
  #onCut: (() => void) | undefined

  constructor(settings: RunnerSettings) {
    this.#settings = settings
    this.attempt = settings.state.attempt
    this.#path = `run "${settings.tracker.id}"`
    const { maxAgeMs, maxEntries } = settings.renewal
    this.#tickMs = maxEntries === Number.POSITIVE_INFINITY ? maxAgeMs : Math.min(maxAgeMs, COUNT_MS)
    this.#renewed = { at: performance.now(), position: settings.state.position }
    settings.tracker.onState(this.#onState)
    startPeriodic(this, this.#tickMs)
    this.finished = this.#run().finally(() => stopPeriodic(this, this.#tickMs))
  }

  get #isSourceDone(): boolean {
    return this.#puller?.isSourceDone ?? false
  }

  /** Aborts the source. Nothing it yields from here on is stored. Idempotent. */
  cut(reason: SseError): void {
    if (this.#isCut) return
    this.#isCut = true
    this.#settings.writer.close()
    if (!this.#isSourceDone) this.#inContext(() => this.#abort.abort(reason))
    this.#onCut?.()
  }

  tick(): void {
    const { log, tracker, state, renewal, onError } = this.#settings
    const [at, position] = [performance.now(), log.head]
    const isDue =
      this.#tickMs === renewal.maxAgeMs ||
      at - this.#renewed.at >= renewal.maxAgeMs ||
      position - this.#renewed.position >= renewal.maxEntries
    if (!isDue) return
    this.#renewed = { at, position }
    const { attempt, runner, maxAttempts, group, startedAt: since } = state
    log
      .append(tracker.id, {
        type: 'started',
        attempt,
        runner,
        maxAttempts,
        since,
        ...(group === undefined ? {} : { group }),
      })
      .then(() => (group === undefined ? undefined : log.keepNewest(group, tracker.id)))
      .catch(onError)
  }

  readonly #onState = ({ attempt, end }: RunState): void => {
    // A tracker that waited for an earlier attempt may be behind.
    if (attempt > this.attempt) this.cut(new SseError('lost', 'Another process has taken over this run'))
    else if (attempt === this.attempt && end) this.cut(reasonOf(end.outcome))
  }

  async #run(): Promise<void> {
    const { writer, onError } = this.#settings
    let outcome: RunOutcome = { status: 'completed' }
    if (this.#isCut) return
    try {
      await this.#pull()
    } catch (error) {
      if (!this.#isCut) onError(error)
      outcome = { status: 'failed', ...toPublicError(error) }
    }
    try {
      await this.#unlessCut(writer.flush()) // also what was yielded before a failure
    } catch (error) {
      if (outcome.status === 'completed') {
        onError(error)
        outcome = { status: 'failed', ...toPublicError(error) }
      }
    }
    await this.#end(outcome)
    if (this.#iterator && !this.#isSourceDone) this.#release(this.#iterator)
  }

  async #pull(): Promise<void> {
    const { contract, source, tracker } = this.#settings
    const { attempt } = this
    const event = (name: string, payload: unknown) => makeRunEvent(contract, name, payload)
    const made = await this.#unlessCut(
      (async () => source({ id: tracker.id, attempt, signal: this.#abort.signal, event }))(),
    )
    if (made === CUT) return
    const iterator = iterate(made, this.#path)
    const puller = new SourcePuller(iterator, (value) => this.#write(value))
    this.#iterator = iterator
    this.#puller = puller
    if (this.#isCut) return
    this.#onCut = () => puller.stop()
    await puller.run()
  }

  #write(value: unknown): Promise<void> | undefined {
    const { writer } = this.#settings
    if (!(value instanceof RunEvent)) {
      throw new SseError('message_invalid', `${this.#path} must yield event(name, payload)`)
    }
    writer.push(value)
    return writer.isFull ? writer.flush() : undefined
  }

  /** Repeats until the end is in the log, or another one is. */
  async #end(outcome: RunOutcome): Promise<void> {
    const { log, tracker, onError } = this.#settings
    for (let waitMs = FIRST_RETRY_MS; !this.#isCut; waitMs = Math.min(waitMs * 2, MAX_RETRY_MS)) {
      try {
        await log.append(tracker.id, { type: 'ended', attempt: this.attempt, outcome })
        // The first end in the log counts, whichever process wrote it.
        await this.#unlessCut(tracker.done)
        return
      } catch (error) {
        if (this.#isCut) return
        onError(error)
        await this.#unlessCut(new Promise<void>((resolve) => setTimeout(resolve, waitMs)))
      }
    }
  }

  #release(iterator: EventIterator): void {
    const report = (error: unknown) => {
      if (error !== this.#abort.signal.reason) this.#settings.onError(error)
    }
    releaseSource(iterator, { path: this.#path, report }, 'the run has ended')
  }

  /** Resolves with what `task` resolves with, or with `CUT` as soon as the run is cut. */
  #unlessCut<Result>(task: Promise<Result>): Promise<Result | typeof CUT> {
    return new Promise((resolve, reject) => {
      this.#onCut = () => resolve(CUT)
      task.then(resolve, reject)
      if (this.#isCut) resolve(CUT)
    })
  }
}

function reasonOf({ status, message }: RunOutcome): SseError {
  if (status === 'stopped') return new SseError('stopped', 'The run was stopped')
  if (status === 'lost') return new SseError('lost', 'This process did not renew its lease in time')
  return new SseError(status === 'completed' ? 'stopped' : 'internal', message ?? 'The run has ended')
}
