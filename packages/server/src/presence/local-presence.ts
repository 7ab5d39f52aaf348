import type { Member } from '../log/engine.ts'
import { unref } from '../timing/periodic.ts'

export interface PresenceChange {
  /** `join`: the first connection of the identity opened. `leave`: its last one closed and it did not reconnect. */
  readonly type: 'join' | 'leave'
  readonly channel: string
  readonly identity: string
}

/** Reconnection delay of a client that was sent none. The last frame of a connection sends up to 1.5 times its delay. */
const DEFAULT_RETRY_MS = 1_000
const MAX_RETRY_FACTOR = 1.5
/** What a client adds to that: up to 2 s of jitter, and the time to connect. */
const RECONNECT_MS = 3_000
const SWEEP_MS = 1_000

interface PresenceRecord {
  connections: number
  /** When the identity leaves; meaningless while a connection is open. */
  leavesAt: number
}

/**
 * The identities connected to each channel of this process. One stays present without a connection while its client may
 * still reconnect: a reload, a tunnel, a rotated connection, a restarted server are not a leave.
 */
export class LocalPresence {
  readonly #channels = new Map<string, Map<string, PresenceRecord>>()
  /** Records without a connection. */
  readonly #leaving = new Map<PresenceRecord, Member>()
  readonly #onChange: (change: PresenceChange) => void
  #timer: ReturnType<typeof setTimeout> | undefined

  /** @param onChange - must not throw. */
  constructor(onChange: (change: PresenceChange) => void) {
    this.#onChange = onChange
  }

  get isEmpty(): boolean {
    return this.#channels.size === 0
  }

  identities(channel: string): string[] {
    return [...(this.#channels.get(channel)?.keys() ?? [])]
  }

  /** Returns every identity in every channel. */
  members(): Member[] {
    return [...this.#channels].flatMap(([channel, identities]) =>
      [...identities.keys()].map((identity) => ({ channel, identity })),
    )
  }

  enter(identity: string, channels: readonly string[]): void {
    for (const channel of channels) {
      const records = this.#channels.get(channel) ?? new Map<string, PresenceRecord>()
      this.#channels.set(channel, records)
      const record = records.get(identity)
      if (record) {
        record.connections += 1
        this.#leaving.delete(record)
      } else {
        records.set(identity, { connections: 1, leavesAt: 0 })
        this.#onChange({ type: 'join', channel, identity })
      }
    }
  }

  /** @param retryMs - reconnection delay that the client was sent. */
  exit(identity: string, channels: readonly string[], retryMs: number = DEFAULT_RETRY_MS): void {
    const leavesAt = performance.now() + RECONNECT_MS + MAX_RETRY_FACTOR * retryMs
    for (const channel of channels) {
      const record = this.#channels.get(channel)?.get(identity)
      if (!record) continue
      record.connections -= 1
      if (record.connections > 0) continue
      record.leavesAt = leavesAt
      this.#leaving.set(record, { channel, identity })
    }
    this.#schedule()
  }

  /** Stops. Returns for how long clients may still reconnect, in milliseconds: 0 if none is present. */
  close(): number {
    clearTimeout(this.#timer)
    const now = performance.now()
    let lastAt = now
    for (const { leavesAt } of this.#leaving.keys()) lastAt = Math.max(lastAt, leavesAt)
    this.#leaving.clear()
    return Math.ceil(lastAt - now)
  }

  #schedule(): void {
    if (this.#timer !== undefined || this.#leaving.size === 0) return
    this.#timer = setTimeout(() => this.#sweep(), SWEEP_MS)
    unref(this.#timer)
  }

  #sweep(): void {
    this.#timer = undefined
    const now = performance.now()
    for (const [record, { channel, identity }] of this.#leaving) {
      if (record.leavesAt > now) continue
      this.#leaving.delete(record)
      const records = this.#channels.get(channel)
      records?.delete(identity)
      if (records?.size === 0) this.#channels.delete(channel)
      this.#onChange({ type: 'leave', channel, identity })
    }
    this.#schedule()
  }
}
