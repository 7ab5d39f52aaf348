import type { Entry } from '../log/engine.ts'
import { RUN_EVENT, RUNNERS } from './run-names.ts'
import { applyRecord, type RunOutcome, type RunState, readRecord } from './run-state.ts'

/** A run as the entries of a log describe it. */
export interface ListedRun {
  readonly id: string
  readonly status: 'running' | RunOutcome['status']
  /** Code and message of a run that failed. */
  readonly code?: string | undefined
  readonly message?: string | undefined
  /** Number of the current attempt, from 1. 0 for a run that was stopped before it started. */
  readonly attempt: number
  /** Name of the process that runs it, or has run it: an identity in the presence channel `RUNNERS`. */
  readonly runner: string
  /** Milliseconds since 1970. */
  readonly startedAt: number
  readonly endedAt?: number | undefined
  /** Number of events of all attempts. */
  readonly events: number
  /** Size of their payloads in characters of JSON. */
  readonly size: number
}

const CONTROL = /^run:(.+)$/s
const EVENTS = /^run-events:\d+:(.+)$/s
const GROUP = /^run-group:/

/** Collects the runs of a log from its entries. For tools that look at a log. */
export class RunList {
  /** Presence channel of the processes that run something. */
  static readonly runners: string = RUNNERS
  readonly #runs = new Map<string, { state: RunState | undefined; events: number; size: number }>()

  /**
   * Takes the next entry of the log, in order. Returns whether it belongs to runs. Runs whose start was not among the
   * entries stay unknown.
   */
  add({ channel, event, data, position, at }: Entry): boolean {
    const controlled = event === RUN_EVENT ? CONTROL.exec(channel)?.[1] : undefined
    if (controlled !== undefined) {
      const run = this.#runs.get(controlled) ?? { state: undefined, events: 0, size: 0 }
      this.#runs.set(controlled, run)
      run.state = applyRecord(run.state, readRecord(parseJson(data)), position, at)
      return true
    }
    if (event === RUN_EVENT && GROUP.test(channel)) return true
    const run = this.#runs.get(EVENTS.exec(channel)?.[1] ?? '')
    if (!run) return false
    run.events += 1
    run.size += data.length
    return true
  }

  /** Returns the runs in the order of their start. */
  runs(): ListedRun[] {
    return [...this.#runs].flatMap(([id, { state, events, size }]) => {
      if (!state) return []
      const { attempt, runner, startedAt, end } = state
      const { status = 'running', code, message } = end?.outcome ?? {}
      return [{ id, status, code, message, attempt, runner, startedAt, endedAt: end?.at, events, size }]
    })
  }
}

function parseJson(data: string): unknown {
  try {
    return JSON.parse(data)
  } catch {
    return undefined
  }
}
