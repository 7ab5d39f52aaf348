import type { Member } from '../log/engine.ts'
import { unref } from '../timing/periodic.ts'

export interface PresenceChange {
  /** `join`: the first connection of the identity opened. `leave`: its last one closed and it did not reconnect. */
  readonly type: 'join' | 'leave'
  readonly channel: string
  readonly identity: string
}

/** How long an identity stays present without a connection: a reload, a tunnel, a rotated connection are not a leave. */
const LEAVE_DELAY_MS = 3_000

interface PresenceRecord {
  connections: number
  /** When the last connection closed; `undefined` while one is open. */
  leftAt: number | undefined
}

/** The identities connected to each channel of this process. */
export class LocalPresence {
  readonly #channels = new Map<string, Map<string, PresenceRecord>>()
  readonly #leaving = new Set<Member>()
  readonly #onChange: (change: PresenceChange) => void
  #timer: ReturnType<typeof setTimeout> | undefined

  /** @param onChange - must not throw. */
  constructor(onChange: (change: PresenceChange) => void) {
    this.#onChange = onChange
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
        record.leftAt = undefined
      } else {
        records.set(identity, { connections: 1, leftAt: undefined })
        this.#onChange({ type: 'join', channel, identity })
      }
    }
  }

  exit(identity: string, channels: readonly string[]): void {
    for (const channel of channels) {
      const record = this.#channels.get(channel)?.get(identity)
      if (!record) continue
      record.connections -= 1
      if (record.connections > 0) continue
      record.leftAt = performance.now()
      this.#leaving.add({ channel, identity })
    }
    if (this.#leaving.size > 0) this.#schedule()
  }

  close(): void {
    clearTimeout(this.#timer)
    this.#leaving.clear()
  }

  #schedule(): void {
    if (this.#timer !== undefined) return
    this.#timer = setTimeout(() => this.#sweep(), LEAVE_DELAY_MS)
    unref(this.#timer)
  }

  #sweep(): void {
    this.#timer = undefined
    const leftBefore = performance.now() - LEAVE_DELAY_MS
    for (const leaving of this.#leaving) {
      const { channel, identity } = leaving
      const records = this.#channels.get(channel)
      const leftAt = records?.get(identity)?.leftAt
      if (leftAt !== undefined && leftAt > leftBefore + 1) continue
      this.#leaving.delete(leaving)
      if (!records || leftAt === undefined) continue // it reconnected
      records.delete(identity)
      if (records.size === 0) this.#channels.delete(channel)
      this.#onChange({ type: 'leave', channel, identity })
    }
    if (this.#leaving.size > 0) this.#schedule()
  }
}
