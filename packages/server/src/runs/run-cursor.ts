import type { Gap } from '@sse/contract'
import { formatId, parseId } from '../log/id.ts'
import { NOTHING_TO_STREAM } from '../stream/nothing-to-stream.ts'
import type { FoundRun, RunLog } from './run-log.ts'
import { controlChannel, eventsChannel, isRunName, RUN_EVENT, runUnknown } from './run-names.ts'
import { applyRecord, type RunOutcome, type RunState, readRecord } from './run-state.ts'
import type { FollowOptions } from './runs.ts'
import type { Watched, Watcher } from './watcher.ts'

/** Parts of the runs that a cursor needs. */
export interface CursorContext {
  readonly log: RunLog
  readonly watcher: Watcher
}

/** Returns the run's id once it may be read; `undefined` if there is none. Called until there is one. */
export type Begin = () => string | undefined | Promise<string | undefined>

/** Where a viewer reads: what follows `after` in two channels. */
export interface RunPlace {
  /** Id of the last entry that the viewer does not get. */
  readonly after: string
  /** Channel of the run's starts and its end. */
  readonly control: string
  /** Channel of the current attempt's events. */
  readonly events: string
}

/** An entry of one of the two channels. */
export interface RunEntry {
  readonly channel: string
  readonly event: string
  readonly position: number
  /** Decodes the payload. Called for entries of the control channel only. */
  readonly payload: () => unknown
}

/** What a viewer does with an entry. */
export type Verdict =
  /** It is an event of the run. */
  | 'deliver'
  | 'skip'
  /** The run has ended: nothing that follows is of the run. */
  | 'ended'
  /** What the viewer has is void, or not all of it: open the run again. */
  | 'reopen'

/**
 * A viewer's position in a run. It takes nothing of the run's channels after the end: the log's order is the fence.
 *
 * Two shells act on it: one pushes to a connection, and one is a loop that pulls.
 */
export class RunCursor implements Watched {
  id = ''
  readonly #context: CursorContext
  readonly #begin: Begin
  readonly #onlyRunning: boolean
  /** Id to resume after. Used once. */
  #after: string | undefined
  #state: RunState | undefined
  #wasOpen = false
  #epoch = ''
  /** Gap to report before the next event. */
  #gap: Gap['reason'] | undefined
  #isClosed = false

  constructor(context: CursorContext, begin: Begin, { after, onlyRunning = false }: FollowOptions) {
    this.#context = context
    this.#begin = begin
    this.#onlyRunning = onlyRunning
    this.#after = after || undefined
  }

  get state(): RunState | undefined {
    return this.#state
  }

  /** Whether the run was found. */
  get wasOpen(): boolean {
    return this.#wasOpen
  }

  /** How the run ended, once the viewer has everything before it. */
  get outcome(): RunOutcome | undefined {
    return this.#state?.end?.outcome
  }

  /**
   * Reads the run's state, and resolves with where to read: after the viewer's id, or at the start of the current attempt.
   * `undefined` if there is nothing to read: it has ended before, or the cursor was closed.
   *
   * @throws {SseError} `run_unknown`, errors of the engine, and what `begin` throws. `NOTHING_TO_STREAM` with
   * `onlyRunning`, for a run that has ended or is unknown.
   */
  async open(): Promise<RunPlace | undefined> {
    const { log, watcher } = this.#context
    this.id ||= (await this.#begin()) ?? ''
    const found = isRunName(this.id) ? await log.find(this.id) : undefined
    if (this.#onlyRunning && (!found || found.state.end) && !this.#wasOpen) throw NOTHING_TO_STREAM
    if (!found) throw runUnknown()
    const position = await this.#startOf(found)
    if (this.#isClosed) return undefined
    this.#wasOpen = true
    const { epoch, state } = found
    this.#epoch = epoch
    // The control entries after `position` are applied again as they are read.
    this.#state = { ...state, end: state.end && state.end.position <= position ? state.end : undefined }
    if (this.#state.end) return undefined
    watcher.watch(this)
    return {
      after: formatId({ epoch, position }),
      control: controlChannel(this.id),
      events: eventsChannel(this.id, state.attempt),
    }
  }

  /** Returns the gap to report before anything else, and the id of what it is followed by, once. */
  takeGap(): { gap: Gap; id: string } | undefined {
    if (this.#gap === undefined || !this.#state) return undefined
    const { position } = this.#state
    const gap = { reason: this.#gap }
    this.#gap = undefined
    return { gap, id: formatId({ epoch: this.#epoch, position }) }
  }

  /** Takes the next entry of the two channels. */
  take({ channel, event, position, payload }: RunEntry): Verdict {
    const isControl = channel === controlChannel(this.id)
    if (event !== RUN_EVENT) return isControl ? 'skip' : 'deliver'
    if (!isControl) return 'skip'
    const before = this.#state as RunState
    const state = applyRecord(before, readRecord(payload()), position, 0)
    if (state === undefined || state.attempt !== before.attempt) return this.missed('restarted')
    this.#state = state
    if (!state.end) return 'skip'
    this.#context.watcher.unwatch(this)
    return 'ended'
  }

  /** Events are missing: reports a gap after the run is opened again. */
  missed(reason: Gap['reason']): Verdict {
    this.#context.watcher.unwatch(this)
    this.#state = undefined
    this.#gap = reason
    return 'reopen'
  }

  /** Idempotent. */
  close(): void {
    this.#isClosed = true
    this.#context.watcher.unwatch(this)
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
}
