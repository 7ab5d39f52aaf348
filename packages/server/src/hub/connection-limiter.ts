import { SseError } from '@sse/contract'
import type { RevocationListener } from '../log/log.ts'
import type { ClosedWatcher, ConnectionHandle } from '../stream/connection-handle.ts'
import { reconnectDelay } from '../stream/max-age-timer.ts'
import { atMost } from '../timing/at-most.ts'
import { nextTurn } from '../timing/next-turn.ts'
import { unref } from '../timing/periodic.ts'
import { RecentRevocations } from './recent-revocations.ts'

export interface ConnectionLimits {
  readonly maxConnections: number
  readonly maxConnectionsPerIdentity: number
  readonly whenIdentityLimitReached: 'refuse' | 'closeOldest'
}

/** Minimum of the `Retry-After` of a rejected request, in milliseconds. The maximum is twice that, against stampedes. */
const RETRY_AFTER_MS = 2_000
const NO_CONNECTIONS: ReadonlySet<ConnectionHandle> = new Set()
/** How far the clocks of the engine and of this process may be apart. */
const MAX_CLOCK_SKEW_MS = 10_000
/** How often a connection that is opening is looked at, in milliseconds. */
const OPENING_MS = 50
/** Connections closed in one turn of the event loop. */
const CLOSED_PER_TURN = 256

/** The connections of a hub: limits how many there are, and closes those of an identity or all of them. */
export class ConnectionLimiter implements ClosedWatcher, RevocationListener {
  readonly #limits: ConnectionLimits
  readonly #identities = new Map<ConnectionHandle, string | undefined>()
  /** The connections of each identity, the oldest first. */
  readonly #byIdentity = new Map<string, Set<ConnectionHandle>>()
  readonly #revocations = new RecentRevocations()
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
   * Counts a connection until it is closed. Idempotent; a later call may name another identity.
   *
   * @throws {SseError} `too_many_connections` over a limit, `draining`, `revoked` if that happened since it arrived.
   */
  admit(handle: ConnectionHandle, identity: string | undefined): void {
    const isNew = !this.#identities.has(handle)
    if (this.#isDraining) throw this.#reject('draining', 'The server is shutting down; retry in a moment')
    if (identity !== undefined && this.#revocations.has(identity, handle.arrivedAt)) throw revoked()
    if (isNew && this.size >= this.#limits.maxConnections) {
      throw this.#reject('too_many_connections', 'Connection limit of this server reached')
    }
    if (!isNew && this.#identities.get(handle) === identity) return
    const own = identity === undefined ? undefined : (this.#byIdentity.get(identity) ?? NO_CONNECTIONS)
    if (own && !own.has(handle)) this.#makeRoom(own)
    if (!isNew) this.#removeIdentity(handle)
    this.#add(handle, identity)
    if (isNew) handle.onClosed(this)
  }

  /**
   * Closes every connection of an identity, including those that are still opening, and rejects those on the way in.
   * Returns how many were closed.
   */
  revoke(identity: string): number {
    this.#revocations.add(identity)
    const handles = [...(this.#byIdentity.get(identity) ?? [])].filter(({ isClosed }) => !isClosed)
    for (const handle of handles) {
      const reason = revoked()
      handle.close(reason, 'error')
    }
    return handles.length
  }

  revoked(identity: string): void {
    this.revoke(identity)
  }

  mayBeRevoked(identity: string, at: number): void {
    const now = Date.now() - performance.now()
    const handles = [...(this.#byIdentity.get(identity) ?? [])]
    this.#authorizeAgain(handles.filter(({ arrivedAt }) => at >= now + arrivedAt - MAX_CLOCK_SKEW_MS))
  }

  anyMayBeRevoked(): void {
    this.#authorizeAgain([...this.#byIdentity.values()].flatMap((handles) => [...handles]))
  }

  /** Rejects new connections, ends the existing ones, and cuts off those that are still open after `graceMs`. */
  async drain(graceMs: number): Promise<void> {
    this.#isDraining = true
    for (const handle of [...this.#identities.keys()]) {
      const reason = new SseError('shutdown', 'The server is shutting down', { retryAfterMs: retryAfterMs() })
      handle.close(reason, reconnectDelay())
    }
    if (this.size === 0) return
    await atMost(graceMs, new Promise<void>((resolve) => this.#onEmpty.add(resolve)))
    for (const handle of [...this.#identities.keys()]) handle.destroy()
  }

  closed(handle: ConnectionHandle): void {
    this.#removeIdentity(handle)
    this.#identities.delete(handle)
    if (this.size > 0) return
    for (const resolve of this.#onEmpty) resolve()
    this.#onEmpty.clear()
  }

  /** Makes sure that an identity may have one more connection. @throws {SseError} `too_many_connections`. */
  #makeRoom(own: ReadonlySet<ConnectionHandle>): void {
    const { maxConnectionsPerIdentity: max, whenIdentityLimitReached } = this.#limits
    if (own.size < max) return
    if (whenIdentityLimitReached === 'refuse' || max === 0) {
      throw this.#reject(
        'too_many_connections',
        'Connection limit for this user reached; close another connection',
      )
    }
    const open = [...own].filter(({ isClosed }) => !isClosed)
    for (const oldest of open.slice(0, open.length - max + 1)) {
      const reason = new SseError('replaced', 'A newer connection of this user has taken its place')
      oldest.close(reason, 'error')
    }
    // A peer that is gone does not take the last frame, and must not add up: at most as many are closing as may be open.
    const closing = [...own].filter(({ isClosed }) => isClosed)
    for (const handle of closing.slice(0, Math.max(0, closing.length - max))) handle.destroy()
  }

  /** Ends connections so that their clients reconnect: one that is opening once it has started, not with an error. */
  #authorizeAgain(handles: ConnectionHandle[]): void {
    const opening: ConnectionHandle[] = []
    for (const handle of handles.splice(0, CLOSED_PER_TURN)) {
      if (handle.isStarted) authorizeAgain(handle)
      else if (!handle.isClosed) opening.push(handle)
    }
    if (handles.length > 0) nextTurn(() => this.#authorizeAgain(handles))
    if (opening.length > 0) unref(setTimeout(() => this.#authorizeAgain(opening), OPENING_MS))
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

/** `authorize` decides when the client reconnects. */
function authorizeAgain(handle: ConnectionHandle): void {
  const reason = new SseError('rotated', 'A revocation may have been missed: access is checked again')
  handle.close(reason, reconnectDelay(handle.retryMs))
}

function revoked(): SseError {
  return new SseError('revoked', 'Access to this stream was revoked')
}

function retryAfterMs(): number {
  return RETRY_AFTER_MS * (1 + Math.random())
}
