import { SseError } from '@sse/contract'
import { unref } from '../timing/periodic.ts'
import type { Lease } from './lease.ts'
import type { FoundRun, GroupHead, RunLog } from './run-log.ts'
import type { RunOutcome, RunState } from './run-state.ts'
import type { Starting } from './start-options.ts'
import { markLost } from './watcher.ts'

/** What claims need of the runs of this process. */
export interface ClaimScope {
  readonly runners: ReadonlyMap<string, { readonly attempt: number }>
  /** Runs one task of a run after the other. */
  serially<Result>(id: string, task: () => Promise<Result>): Promise<Result>
  isClosed(): boolean
}

/** The running run of the group that another one wants to start in. */
export interface Rival {
  readonly id: string
  readonly found: FoundRun
}

const TAKE_BACK_MS = 1_000

/** Decides with the log which process runs what. */
export class RunClaims {
  readonly #log: RunLog
  readonly #lease: Lease
  readonly #scope: ClaimScope

  constructor(log: RunLog, lease: Lease, scope: ClaimScope) {
    this.#log = log
    this.#lease = lease
    this.#scope = scope
  }

  /** Ends a run as stopped, unless it has ended, and resolves with its end. */
  async stop(id: string): Promise<RunOutcome> {
    const found = await this.#log.find(id)
    if (found?.state.end) return found.state.end.outcome
    const outcome: RunOutcome = { status: 'stopped' }
    await this.#log.append(id, { type: 'ended', outcome })
    // Another end may have come first.
    return (await this.#log.find(id))?.state.end?.outcome ?? outcome
  }

  /** Handles the running run of a group. Returns the one to join; `undefined` if this one may start. */
  async enterGroup(id: string, group: string, options: Starting): Promise<Rival | undefined> {
    return this.#meet(id, await this.#log.newest(group), options)
  }

  async #meet(id: string, head: GroupHead | undefined, { ifRunning }: Starting): Promise<Rival | undefined> {
    if (!head || head.run === id) return undefined
    const found = await this.settle(head.run)
    if (!found || found.state.end) return undefined
    if (ifRunning === 'join') return { id: head.run, found }
    if (ifRunning === 'refuse') throw runExists(head.run)
    await this.stop(head.run)
    return undefined
  }

  /**
   * Makes a claimed run the newest of its group. If another one was faster, that is handled as a running one, and this
   * start is taken back where it loses.
   */
  async winGroup(
    id: string,
    { state }: FoundRun,
    group: string,
    options: Starting,
  ): Promise<Rival | undefined> {
    try {
      for (;;) {
        const head = await this.#log.newest(group)
        if (head?.run === id) return undefined
        const other = await this.#meet(id, head, options)
        if (other) {
          this.#lease.release()
          await this.withdraw(id, state)
          return other
        }
        if (await this.#log.advance(group, id, head)) return undefined
      }
    } catch (error) {
      this.#lease.release()
      this.#takeBackLater(id)
      throw error
    }
  }

  async withdraw(id: string, { attempt, runner }: RunState): Promise<void> {
    await this.#log.append(id, { type: 'withdrawn', attempt, runner })
  }

  /** Makes this process the runner of a run that has none. The lease is held if it is. */
  async claim(
    id: string,
    { group, maxAttempts }: Pick<Starting, 'group' | 'maxAttempts'>,
  ): Promise<{ found: FoundRun; isMine: boolean }> {
    let isHeld = false
    const leave = (found: FoundRun) => {
      if (isHeld) this.#lease.release()
      return { found, isMine: false }
    }
    try {
      for (;;) {
        const own = this.#scope.runners.get(id) // before the read: it may end during it
        const found = await this.settle(id)
        const state = found?.state
        if (found && state?.end) return leave(found)
        if (found && state?.runner === this.#lease.name) {
          if (own?.attempt === state.attempt) return leave(found)
          // Won by this call, or by one whose append was stored although it failed.
          if (!isHeld) await this.#lease.hold()
          return { found, isMine: true }
        }
        if (found && state && (await this.#isPresent(state.runner))) return leave(found)
        if (state && state.attempt >= state.maxAttempts) continue // gone in this moment: settled in the next round
        if (!isHeld) await this.#lease.hold()
        isHeld = true
        await this.#log.append(id, {
          type: 'started',
          attempt: (state?.attempt ?? 0) + 1,
          runner: this.#lease.name,
          maxAttempts: state?.maxAttempts ?? maxAttempts,
          ...groupOf(state?.group ?? group),
        })
      }
    } catch (error) {
      if (isHeld) {
        this.#lease.release()
        this.#takeBackLater(id)
      }
      throw error
    }
  }

  /** The start may have been stored although the append failed: without a runner, the run would seem to be running. */
  #takeBackLater(id: string): void {
    const timer = setTimeout(() => {
      this.#scope
        .serially(id, async () => {
          const hasRunner = this.#scope.runners.has(id)
          const state = (await this.#log.find(id))?.state
          const isOrphan = state && !state.end && state.runner === this.#lease.name && !hasRunner
          if (isOrphan) await this.withdraw(id, state)
        })
        .catch(() => {
          if (!this.#scope.isClosed()) this.#takeBackLater(id)
        })
    }, TAKE_BACK_MS)
    unref(timer)
  }

  /** Reads a run. One whose process is gone, and that has no attempts left, is ended as lost first. */
  async settle(id: string): Promise<FoundRun | undefined> {
    for (;;) {
      const found = await this.#log.find(id)
      if (!found || found.state.end) return found
      const { runner, attempt, maxAttempts } = found.state
      if (runner === this.#lease.name || attempt < maxAttempts || (await this.#isPresent(runner)))
        return found
      await markLost(this.#log, id, attempt)
    }
  }

  async #isPresent(runner: string): Promise<boolean> {
    const names = await this.#lease.names()
    return names === undefined || names.has(runner)
  }
}

function groupOf(group: string | undefined): { group?: string } {
  return group === undefined ? {} : { group }
}

/** The error of a start that must not join a running run. */
export function runExists(id: string): SseError {
  return new SseError('run_exists', `Run ${JSON.stringify(id)} is still running`)
}
