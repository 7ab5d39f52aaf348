import { type Periodic, startPeriodic, stopPeriodic } from '../timing/periodic.ts'
import type { Lease } from './lease.ts'
import type { RunLog } from './run-log.ts'
import type { RunState } from './run-state.ts'

/** Something in this process that waits for a run: a viewer, or the promise of its end. */
export interface Watched {
  readonly id: string
  /** The run as this process knows it; `undefined` while it is unknown. */
  readonly state: RunState | undefined
  /** Runs the next attempt in this process. */
  readonly takeOver?: (() => void) | undefined
}

/**
 * Looks whether the processes that run what this one waits for still have their lease, with one request for all of them.
 * The run of a process that does not is ended as lost, or taken over.
 */
export class Watcher implements Periodic {
  readonly #log: RunLog
  readonly #lease: Lease
  readonly #leaseMs: number
  readonly #pollMs: number
  readonly #onError: (error: unknown) => void
  readonly #watched = new Set<Watched>()
  /** When a run with attempts left was first seen without a runner. */
  readonly #missingSince = new Map<string, number>()
  #isLooking = false

  constructor(log: RunLog, lease: Lease, leaseMs: number, onError: (error: unknown) => void) {
    this.#log = log
    this.#lease = lease
    this.#leaseMs = leaseMs
    this.#pollMs = Math.floor(leaseMs / 6)
    this.#onError = onError
  }

  watch(target: Watched): void {
    if (this.#watched.size === 0) startPeriodic(this, this.#pollMs)
    this.#watched.add(target)
  }

  unwatch(target: Watched): void {
    if (this.#watched.delete(target) && this.#watched.size === 0) this.stop()
  }

  stop(): void {
    stopPeriodic(this, this.#pollMs)
    this.#watched.clear()
    this.#missingSince.clear()
  }

  tick(): void {
    if (this.#isLooking) return
    this.#isLooking = true
    this.#look()
      .catch(this.#onError) // the next tick tries again
      .finally(() => {
        this.#isLooking = false
      })
  }

  async #look(): Promise<void> {
    // Before the request: a process that starts something during it is not in the answer.
    const targets = [...this.#watched].filter(({ state }) => this.#isElsewhere(state))
    if (targets.length === 0) return this.#missingSince.clear()
    const names = await this.#lease.names()
    if (!names) return
    const missing = new Map<string, { state: RunState; waiting: Watched[] }>()
    for (const target of targets) {
      const { id, state } = target
      if (!state || names.has(state.runner)) continue
      const { waiting = [] } = missing.get(id) ?? {}
      missing.set(id, { state, waiting: [...waiting, target] })
    }
    for (const id of this.#missingSince.keys()) if (!missing.has(id)) this.#missingSince.delete(id)
    await Promise.all([...missing].map(([id, { state, waiting }]) => this.#onMissing(id, state, waiting)))
  }

  #isElsewhere(state: RunState | undefined): boolean {
    return state !== undefined && !state.end && state.attempt > 0 && state.runner !== this.#lease.name
  }

  async #onMissing(
    id: string,
    { attempt, maxAttempts }: RunState,
    waiting: readonly Watched[],
  ): Promise<void> {
    if (attempt < maxAttempts) {
      const successor = waiting.find(({ takeOver }) => takeOver)
      if (successor) return successor.takeOver?.()
      // Another process may have the source; it looks as often as this one does.
      const since = this.#missingSince.get(id) ?? performance.now()
      this.#missingSince.set(id, since)
      if (performance.now() - since < this.#leaseMs) return
    }
    await markLost(this.#log, id, attempt)
  }
}

/** Ends an attempt as lost, unless it has ended. */
export async function markLost(log: RunLog, id: string, attempt: number): Promise<void> {
  await log.append(id, { type: 'ended', attempt, outcome: { status: 'lost' } })
}
