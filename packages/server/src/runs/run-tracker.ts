import { SseError } from '@sse/contract'
import { unref } from '../timing/periodic.ts'
import type { FoundRun, RunLog } from './run-log.ts'
import { RUN_EVENT } from './run-names.ts'
import { applyRecord, type RunState, readRecord } from './run-state.ts'
import type { Watched } from './watcher.ts'

const RETRY_MS = 500

/** Follows the control channel of one run in this process until it has ended. */
export class RunTracker implements Watched {
  readonly id: string
  /** Resolves with the run once it has ended. Rejects with `hub_closed` when this process closes first. */
  readonly done: Promise<RunState>
  /** Set by a process that may run the next attempt. */
  takeOver: (() => void) | undefined
  readonly #log: RunLog
  readonly #signal: AbortSignal
  readonly #onError: (error: unknown) => void
  readonly #listeners: ((state: RunState) => void)[] = []
  #state: RunState

  constructor(
    id: string,
    found: FoundRun,
    log: RunLog,
    signal: AbortSignal,
    onError: (error: unknown) => void,
  ) {
    this.id = id
    this.#log = log
    this.#signal = signal
    this.#onError = onError
    this.#state = found.state
    this.done = this.#follow(found)
    this.done.catch(() => {}) // a caller that awaits it gets the error
  }

  get state(): RunState {
    return this.#state
  }

  /** Calls `listener` with the current state and with every later one. */
  onState(listener: (state: RunState) => void): void {
    this.#listeners.push(listener)
    listener(this.#state)
  }

  async #follow(first: FoundRun): Promise<RunState> {
    let found = first
    for (;;) {
      this.#set(found.state)
      if (!found.state.end) {
        try {
          await this.#readOn(found)
        } catch (error) {
          if (!this.#signal.aborted) this.#onError(error)
        }
      }
      if (this.#state.end) return this.#state
      found = await this.#findAgain()
    }
  }

  /** Returns at the end of the run, or at a gap: then the state must be read again. */
  async #readOn(found: FoundRun): Promise<void> {
    for await (const { event, id, payload } of this.#log.followControl(this.id, found, this.#signal)) {
      if (event === 'gap') return
      if (event !== RUN_EVENT) continue
      const position = this.#log.positionOf(id)
      const state = applyRecord(this.#state, readRecord(payload), position, Date.now())
      if (state === undefined) return // its start was taken back
      if (state === this.#state) continue
      this.#set(state)
      if (state.end) return
    }
  }

  async #findAgain(): Promise<FoundRun> {
    for (;;) {
      if (this.#signal.aborted) throw new SseError('hub_closed', 'The runs are closed')
      try {
        const found = await this.#log.find(this.id)
        return found ?? this.#missing()
      } catch (error) {
        this.#onError(error)
        await new Promise<void>((resolve) => unref(setTimeout(resolve, RETRY_MS)))
      }
    }
  }

  /** The log was replaced by one without this run, or nothing of it is retained. */
  #missing(): FoundRun {
    const outcome = { status: 'lost', code: 'run_unknown' } as const
    const end = { outcome, position: Number.MAX_SAFE_INTEGER, at: Date.now() }
    return { epoch: '', reached: 0, state: { ...this.#state, end } }
  }

  #set(state: RunState): void {
    this.#state = state
    for (const listener of this.#listeners) listener(state)
  }
}
