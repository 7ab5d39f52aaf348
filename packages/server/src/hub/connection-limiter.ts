import { SseError } from '@sse/contract'
import type { ClosedWatcher, ConnectionHandle } from '../stream/connection-handle.ts'
import { errorFrame } from '../stream/error-frame.ts'
import { reconnectFrame } from '../stream/max-age-timer.ts'

export interface ConnectionLimits {
  readonly maxConnections: number
  readonly maxConnectionsPerIdentity: number
}

/** Minimum of the `Retry-After` of a rejected request, in milliseconds. The maximum is twice that, against stampedes. */
const RETRY_AFTER_MS = 2_000
/** A longer timer would fire at once. */
const MAX_TIMER_MS = 2_147_483_647

/** The connections of a hub: limits how many there are, and closes those of an identity or all of them. */
export class ConnectionLimiter implements ClosedWatcher {
  readonly #limits: ConnectionLimits
  readonly #identities = new Map<ConnectionHandle, string | undefined>()
  readonly #byIdentity = new Map<string, Set<ConnectionHandle>>()
  #isDraining = false
  /** One for each pending drain. */
  readonly #onEmpty = new Set<() => void>()
  /** Number of rejected requests. */
  rejected = 0

  constructor(limits: ConnectionLimits) {
    this.#limits = limits
  }

  get size(): number {
    return this.#identities.size
  }

  /**
   * Counts a connection until it is closed. Idempotent; a later call may name another identity. Existing connections
   * are never closed to make room.
   *
   * @throws {SseError} `too_many_connections` over a limit, `draining`.
   */
  admit(handle: ConnectionHandle, identity: string | undefined): void {
    const isNew = !this.#identities.has(handle)
    const own = identity === undefined ? undefined : this.#byIdentity.get(identity)
    if (this.#isDraining) throw this.#reject('draining', 'The server is shutting down; retry in a moment')
    if (isNew && this.size >= this.#limits.maxConnections) {
      throw this.#reject('too_many_connections', 'Connection limit of this server reached')
    }
    if (own && !own.has(handle) && own.size >= this.#limits.maxConnectionsPerIdentity) {
      throw this.#reject(
        'too_many_connections',
        'Connection limit for this user reached; close another connection',
      )
    }
    if (!isNew) this.#removeIdentity(handle)
    this.#add(handle, identity)
    if (isNew) handle.onClosed(this)
  }

  /** Closes every connection of an identity, including those that are still opening, and returns how many. */
  revoke(identity: string): number {
    const handles = [...(this.#byIdentity.get(identity) ?? [])]
    const reason = new SseError('revoked', 'Access to this stream was revoked')
    for (const handle of handles) handle.close(reason, errorFrame(reason))
    return handles.length
  }

  /** Rejects new connections, ends the existing ones, and cuts off those that are still open after `graceMs`. */
  async drain(graceMs: number): Promise<void> {
    this.#isDraining = true
    for (const handle of [...this.#identities.keys()]) {
      const reason = new SseError('shutdown', 'The server is shutting down', { retryAfterMs: retryAfterMs() })
      handle.close(reason, reconnectFrame())
    }
    if (this.size === 0) return
    let timer: ReturnType<typeof setTimeout> | undefined
    await new Promise<void>((resolve) => {
      this.#onEmpty.add(resolve)
      if (graceMs !== Number.POSITIVE_INFINITY) timer = setTimeout(resolve, Math.min(graceMs, MAX_TIMER_MS))
    })
    clearTimeout(timer)
    for (const handle of [...this.#identities.keys()]) handle.destroy()
  }

  closed(handle: ConnectionHandle): void {
    this.#removeIdentity(handle)
    this.#identities.delete(handle)
    if (this.size > 0) return
    for (const resolve of this.#onEmpty) resolve()
    this.#onEmpty.clear()
  }

  #reject(code: 'draining' | 'too_many_connections', message: string): SseError {
    this.rejected += 1
    return new SseError(code, message, { retryAfterMs: retryAfterMs() })
  }

  #add(handle: ConnectionHandle, identity: string | undefined): void {
    this.#identities.set(handle, identity)
    if (identity === undefined) return
    const own = this.#byIdentity.get(identity)
    if (own) own.add(handle)
    else this.#byIdentity.set(identity, new Set([handle]))
  }

  #removeIdentity(handle: ConnectionHandle): void {
    const identity = this.#identities.get(handle)
    if (identity === undefined) return
    const own = this.#byIdentity.get(identity)
    if (own?.delete(handle) && own.size === 0) this.#byIdentity.delete(identity)
  }
}

function retryAfterMs(): number {
  return RETRY_AFTER_MS * (1 + Math.random())
}
