import { type Gap, isSseError, SseError } from '@sse/contract'
import { type LogEvent, makeGapEvent } from '../hub/log-event.ts'
import { formatId, parseId } from '../log/id.ts'
import type {
  ConnectionAdmitter,
  ConnectionHandle,
  OpenableSource,
  Sender,
} from '../stream/connection-handle.ts'
import { NOTHING_TO_STREAM } from '../stream/nothing-to-stream.ts'
import { Pump } from '../stream/pump.ts'
import { unref } from '../timing/periodic.ts'
import type { FoundRun, RunLog } from './run-log.ts'
import { controlChannel, isRunName, RUN_EVENT, runUnknown } from './run-names.ts'
import { applyRecord, type RunOutcome, type RunState, readRecord } from './run-state.ts'
import type { FollowOptions } from './runs.ts'
import type { Watched, Watcher } from './watcher.ts'

/** Parts of the runs that a view needs. */
export interface ViewContext {
  readonly log: RunLog
  readonly watcher: Watcher
  readonly admitter: ConnectionAdmitter
}

/** Returns the run's id once it may be read; `undefined` if there is none. Called for each reading. */
export type Begin = () => string | undefined | Promise<string | undefined>

/**
 * A run as one viewer sees it: everything from its start, or after the id that the viewer has, then live, then the end.
 * The source of a stream, or something to loop over.
 */
export class RunView implements OpenableSource {
  readonly #context: ViewContext
  readonly #begin: Begin
  readonly #options: FollowOptions

  constructor(context: ViewContext, begin: Begin, options: FollowOptions) {
    this.#context = context
    this.#begin = begin
    this.#options = options
  }

  '@sse/open'(handle: ConnectionHandle): Sender {
    if (handle.isClosed) return CLOSED_SENDER
    const { after, untilHead } = this.#options
    if (untilHead) throw new SseError('option_invalid', 'follow: untilHead is for loops, not for connections')
    this.#context.admitter['@sse/admit'](handle)
    const wait = (error: unknown) => {
      handle.report(error)
      // Not all viewers of a process ask again at once.
      return new Promise<void>((resolve) => unref(setTimeout(resolve, RETRY_MS * (0.5 + Math.random()))))
    }
    const options = { ...this.#options, after: after || handle.lastEventId }
    const reader = new RunReader(this.#context, this.#begin, options, wait)
    const pump = new Pump({ [Symbol.asyncIterator]: () => reader }, handle, String, true)
    return Object.assign(pump, { decided: reader.opened })
  }

  [Symbol.asyncIterator](): AsyncIterator<LogEvent, RunOutcome | undefined> {
    return new RunLoop(new RunReader(this.#context, this.#begin, this.#options))
  }
}

/** A loop over a run. Where a stream is answered with 204, it ends. */
class RunLoop implements AsyncIterator<LogEvent, RunOutcome | undefined> {
  readonly #reader: RunReader

  constructor(reader: RunReader) {
    this.#reader = reader
  }

  async next(): Promise<IteratorResult<LogEvent, RunOutcome | undefined>> {
    try {
      return await this.#reader.next()
    } catch (error) {
      if (error === NOTHING_TO_STREAM) return { done: true, value: undefined }
      throw error
    }
  }

  return(): Promise<IteratorReturnResult<undefined>> {
    return this.#reader.return()
  }
}

/** Mean pause before another attempt after the engine failed. */
const RETRY_MS = 1_000

/** One reading of a run. It takes nothing of the run's channels after the end: the log's order is the fence. */
class RunReader implements AsyncIterator<LogEvent, RunOutcome | undefined>, Watched {
  id = ''
  /** Resolves once the run was found. Rejects with what kept it from being found. */
  readonly opened: Promise<void>
  readonly #context: ViewContext
  readonly #begin: Begin
  readonly #onlyRunning: boolean
  #settle: { resolve: () => void; reject: (error: unknown) => void } | undefined
  /** Id to resume after. Used once. */
  #after: string | undefined
  readonly #wait: ((error: unknown) => Promise<void>) | undefined
  readonly #untilHead: boolean
  #state: RunState | undefined
  /** Position of the last event that was delivered. */
  #position = 0
  #wasOpen = false
  #events: AsyncIterator<LogEvent, unknown> | undefined
  #epoch = ''
  /** Gap to report before the next event. */
  #gap: Gap['reason'] | undefined
  #isClosed = false

  /**
   * @param wait - pauses after the engine failed, before the run is read on. Default: reading ends with the error. An
   * engine that fails before the run was found ends it always.
   */
  constructor(
    context: ViewContext,
    begin: Begin,
    { after, onlyRunning = false, untilHead = false }: FollowOptions,
    wait?: (error: unknown) => Promise<void>,
  ) {
    this.#context = context
    this.#begin = begin
    this.#onlyRunning = onlyRunning
    this.#untilHead = untilHead
    this.#after = after || undefined
    this.#wait = wait
    this.opened = new Promise((resolve, reject) => {
      this.#settle = { resolve, reject }
    })
    this.opened.catch(() => {}) // `next` throws it too
  }

  get state(): RunState | undefined {
    return this.#state
  }

  /** @throws {SseError} `run_unknown`, `hub_closed`, errors of the engine; the reading is over then. */
  async next(): Promise<IteratorResult<LogEvent, RunOutcome | undefined>> {
    for (;;) {
      try {
        return await this.#next()
      } catch (error) {
        if (!this.#wait || !this.#wasOpen || this.#isClosed || !isEngineFailure(error)) {
          this.#settle?.reject(error)
          this.return()
          throw error
        }
        this.#reopenLater()
        await this.#wait(error)
      }
    }
  }

  async #next(): Promise<IteratorResult<LogEvent, RunOutcome | undefined>> {
    for (;;) {
      if (this.#isClosed) return { done: true, value: undefined }
      if (!this.#events && !this.#state?.end) await this.#open()
      const gap = this.#takeGap()
      if (gap) return { done: false, value: gap }
      if (this.#state?.end) return this.#finish(this.#state.end.outcome)
      const pulled = await this.#events?.next()
      if (this.#isClosed) continue
      if (pulled?.done && this.#untilHead) return this.return()
      if (!pulled || pulled.done) throw new SseError('hub_closed', 'The runs are closed')
      const event = this.#take(pulled.value)
      if (event) return { done: false, value: event }
    }
  }

  async return(): Promise<IteratorReturnResult<undefined>> {
    this.#isClosed = true
    this.#context.watcher.unwatch(this)
    this.#events?.return?.()
    return { done: true, value: undefined }
  }

  #finish(outcome: RunOutcome): IteratorReturnResult<RunOutcome> {
    this.return()
    return { done: true, value: outcome }
  }

  /** Reads the run's state, and starts after the viewer's id or at the start of the current attempt. */
  async #open(): Promise<void> {
    const { log, watcher } = this.#context
    this.id ||= (await this.#begin()) ?? ''
    const found = isRunName(this.id) ? await log.find(this.id) : undefined
    if (this.#onlyRunning && (!found || found.state.end) && !this.#wasOpen) throw NOTHING_TO_STREAM
    if (!found) throw runUnknown()
    const position = await this.#startOf(found)
    this.#settle?.resolve()
    if (this.#isClosed) return
    this.#wasOpen = true
    this.#epoch = found.epoch
    this.#position = position
    // The control entries after `position` are applied again as they are read.
    const { state } = found
    this.#state = { ...state, end: state.end && state.end.position <= position ? state.end : undefined }
    if (this.#state.end) return
    watcher.watch(this)
    this.#events = log
      .followEvents(this.id, found, position, this.#untilHead)
      [Symbol.asyncIterator]() as AsyncIterator<LogEvent>
  }

  async #startOf(found: FoundRun): Promise<number> {
    const after = this.#after
    this.#after = undefined
    const { attempt, position, isRenewed, end } = found.state
    if (after === undefined) {
      if (isRenewed) this.#gap ??= 'trimmed'
      // Nothing came before a stop that came before the start.
      return attempt === 0 && end ? end.position : position
    }
    const commit = parseId(after)
    if (commit?.epoch === found.epoch && (await this.#context.log.isOwn(this.id, found, commit.position))) {
      return commit.position
    }
    const isEarlier = commit?.epoch === found.epoch && attempt > 1 && commit.position < position
    this.#gap = isEarlier ? 'restarted' : 'epoch'
    return attempt === 0 && end ? end.position : position
  }

  #takeGap(): LogEvent | undefined {
    if (this.#gap === undefined || !this.#state) return undefined
    const { position } = this.#state
    const gap = { reason: this.#gap }
    this.#gap = undefined
    return makeGapEvent(formatId({ epoch: this.#epoch, position }), gap)
  }

  /** Returns the event to deliver, if the entry is one. */
  #take(entry: LogEvent): LogEvent | undefined {
    if (entry.event === 'gap') return this.#reopen((entry.payload as Gap).reason)
    const position = this.#context.log.positionOf(entry.id)
    const isControl = entry.channel === controlChannel(this.id)
    if (isControl !== (entry.event === RUN_EVENT)) return undefined
    if (!isControl) {
      this.#position = position
      return entry
    }
    const before = this.#state as RunState
    const state = applyRecord(before, readRecord(entry.payload), position, 0)
    if (state === undefined) return this.#reopen('restarted')
    this.#state = state
    if (state.attempt !== before.attempt) return this.#reopen('restarted')
    if (state.end) this.#stopReading()
    return undefined
  }

  /** Reads the state again and starts over: what the viewer has is void, or not all of it. */
  #reopen(reason: Gap['reason']): undefined {
    this.#stopReading()
    this.#state = undefined
    this.#gap = reason
    return undefined
  }

  /** Reads the state again, and continues after the last event. */
  #reopenLater(): void {
    this.#stopReading()
    if (this.#state) this.#after = formatId({ epoch: this.#epoch, position: this.#position })
    this.#state = undefined
  }

  #stopReading(): void {
    this.#events?.return?.()
    this.#events = undefined
    this.#context.watcher.unwatch(this)
  }
}

function isEngineFailure(error: unknown): boolean {
  return isSseError(error) && error.kind === 'engine' && error.code !== 'hub_closed'
}

/** For a client that has left: opens nothing. */
const CLOSED_SENDER: Sender = { ready: undefined, start() {}, drained() {}, stop: () => false }
