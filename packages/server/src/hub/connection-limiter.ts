import { SseError } from '@sse/contract'
import type { ClosedWatcher, ConnectionHandle } from '../stream/connection-handle.ts'
import { errorFrame } from '../stream/error-frame.ts'
import { reconnectFrame } from '../stream/max-age-timer.ts'
import type { Counters } from './counters.ts'

export interface ConnectionLimits {
  readonly maxConnections: number
  readonly maxConnectionsPerIdentity: number
}

/** Told to a client that was refused, in milliseconds; up to twice that, so that not all come back at once. */
const RETRY_AFTER_MS = 2_000

/** The connections of a hub: who may come in, and how they all leave. */
export class ConnectionLimiter implements ClosedWatcher {
  readonly #limits: ConnectionLimits
  readonly #counters: Counters
  readonly #identities = new Map<ConnectionHandle, string | undefined>()
  readonly #byIdentity = new Map<string, Set<ConnectionHandle>>()
  #isDraining = false
  #onEmpty: (() => void) | undefined

  constructor(limits: ConnectionLimits, counters: Counters) {
    this.#limits = limits
    this.#counters = counters
  }

  get size(): number {
    return this.#identities.size
  }

  /** Whoever is over a limit is refused; nobody is thrown out for somebody else. Admitting twice is once. */
  admit(host: ConnectionHandle, identity?: string): void {
    const isNew = !this.#identities.has(host)
    const own = identity === undefined ? undefined : this.#byIdentity.get(identity)
    if (this.#isDraining)
      throw this.#refuse('draining', 'This server is shutting down; come back in a moment')
    if (isNew && this.size >= this.#limits.maxConnections) {
      throw this.#refuse('too_many_connections', 'This server has as many connections as it may have')
    }
    if (own && !own.has(host) && own.size >= this.#limits.maxConnectionsPerIdentity) {
      throw this.#refuse(
        'too_many_connections',
        'You have as many connections as you may have; close another',
      )
    }
    this.#add(host, identity)
    if (isNew) host.onClosed(this)
  }

  /** Ends everything an identity has open; how many that were. */
  revoke(identity: string): number {
    const hosts = [...(this.#byIdentity.get(identity) ?? [])]
    const reason = new SseError('revoked', 'This stream is no longer open to you')
    for (const host of hosts) host.close(reason, errorFrame(reason))
    return hosts.length
  }

  /** Refuses whoever comes, says goodbye to all, and cuts off who has not taken it after `graceMs`. */
  async drain(graceMs: number): Promise<void> {
    this.#isDraining = true
    const reason = new SseError('shutdown', 'This server is shutting down')
    for (const host of [...this.#identities.keys()]) host.close(reason, reconnectFrame())
    if (this.size === 0) return
    let timer: ReturnType<typeof setTimeout> | undefined
    await new Promise<void>((resolve) => {
      this.#onEmpty = resolve
      timer = setTimeout(resolve, graceMs)
    })
    clearTimeout(timer)
    for (const host of [...this.#identities.keys()]) host.destroy()
  }

  #refuse(code: 'draining' | 'too_many_connections', message: string): SseError {
    this.#counters.rejected += 1
    const retryAfterMs = RETRY_AFTER_MS * (1 + Math.random())
    return new SseError(code, message, { status: 503, retryAfterMs })
  }

  #add(host: ConnectionHandle, identity: string | undefined): void {
    this.#identities.set(host, identity)
    if (identity === undefined) return
    const own = this.#byIdentity.get(identity)
    if (own) own.add(host)
    else this.#byIdentity.set(identity, new Set([host]))
  }

  /** A connection is closed. */
  closed(host: ConnectionHandle): void {
    const identity = this.#identities.get(host)
    this.#identities.delete(host)
    if (identity !== undefined) {
      const own = this.#byIdentity.get(identity)
      if (own?.delete(host) && own.size === 0) this.#byIdentity.delete(identity)
    }
    if (this.size === 0) this.#onEmpty?.()
  }
}
