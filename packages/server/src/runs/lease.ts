import { SseError } from '@sse/contract'
import { within } from '../engine-kit/within.ts'
import type { PresenceStore } from '../log/engine.ts'
import { createEpoch } from '../log/id.ts'
import { type Periodic, startPeriodic, stopPeriodic } from '../timing/periodic.ts'
import { RUNNERS } from './run-names.ts'

/**
 * The lease of this process: while it has runs, it is present under its name. One lease covers all its runs.
 *
 * Without a presence store there is no other process that could look.
 */
export class Lease implements Periodic {
  /** Unique name of this process. */
  readonly name: string = createEpoch()
  readonly #store: PresenceStore | undefined
  readonly #leaseMs: number
  readonly #ttlMs: number
  readonly #renewMs: number
  readonly #onError: (error: unknown) => void
  #holders = 0
  #renewedAt = Number.NEGATIVE_INFINITY
  /** Whether the last look at the store failed, or another call to the engine since. */
  #isAway = false
  /** When the store was first seen to answer again. Other processes can renew their leases from about then on. */
  #backAt = Number.NEGATIVE_INFINITY
  #entering: Promise<void> | undefined
  #isRenewing = false

  /** @param leaseMs - time within which other processes notice that this one is gone. */
  constructor(store: PresenceStore | undefined, leaseMs: number, onError: (error: unknown) => void) {
    this.#store = store
    this.#leaseMs = leaseMs
    // Expiry and the next look of another process together stay below `leaseMs`.
    this.#ttlMs = Math.floor((leaseMs * 2) / 3)
    this.#renewMs = Math.floor(leaseMs / 6)
    this.#onError = onError
  }

  /** Takes the lease, for one run. @throws {SseError} errors of the engine: it is not taken. */
  async hold(): Promise<void> {
    if (!this.#store) return
    if (performance.now() - this.#renewedAt > this.#renewMs) {
      this.#entering ??= this.#enter(this.#store).finally(() => {
        this.#entering = undefined
      })
      await this.#entering
    }
    this.#holders += 1
    if (this.#holders === 1) startPeriodic(this, this.#renewMs)
  }

  /** A run of this process is over. */
  release(): void {
    if (!this.#store || this.#holders === 0) return
    this.#holders -= 1
    if (this.#holders === 0) stopPeriodic(this, this.#renewMs)
  }

  /** Gives the lease up at once: other processes see the runs of this one as lost. */
  async leave(): Promise<void> {
    stopPeriodic(this, this.#renewMs)
    this.#holders = 0
    const hasEntered = this.#renewedAt !== Number.NEGATIVE_INFINITY
    this.#renewedAt = Number.NEGATIVE_INFINITY
    if (hasEntered) await this.#store?.leave(this.name, [this.#member])
  }

  /**
   * Resolves with the names of the processes whose lease is valid. `undefined`: no process can be said to be gone, because
   * there is no other one, or because the store itself was away a moment ago, so that no process could renew its lease.
   */
  async names(): Promise<ReadonlySet<string> | undefined> {
    if (!this.#store) return undefined
    const calledAt = performance.now()
    try {
      const names = new Set(await this.#store.present(RUNNERS))
      const now = performance.now()
      // In a shorter time no lease can have expired.
      if (this.#isAway || now - calledAt > this.#leaseMs / 2) this.#backAt = now
      this.#isAway = false
      return now - this.#backAt < this.#leaseMs ? undefined : names
    } catch (error) {
      this.#isAway = true
      throw error
    }
  }

  /** A call to the engine failed. No process looks at the store while its viewers cannot open a run. */
  engineFailed(): void {
    this.#isAway = true
  }

  tick(): void {
    if (this.#isRenewing || !this.#store) return
    this.#isRenewing = true
    // The answer to a call may be lost with its connection: the next call must not wait for it.
    within(this.#leaseMs / 3, this.#renew(this.#store), lateRenewal)
      .catch(this.#onError)
      .finally(() => {
        this.#isRenewing = false
      })
  }

  get #member() {
    return { channel: RUNNERS, identity: this.name }
  }

  async #renew(store: PresenceStore): Promise<void> {
    const at = performance.now()
    if (!(await store.touch(this.name, this.#ttlMs))) return this.#enter(store)
    this.#renewedAt = at
  }

  async #enter(store: PresenceStore): Promise<void> {
    const at = performance.now()
    await store.enter(this.name, [this.#member], this.#ttlMs)
    this.#renewedAt = at
  }
}

function lateRenewal(): SseError {
  return new SseError(
    'engine_unavailable',
    'The engine has not answered in time that the lease of the runs is renewed',
  )
}
