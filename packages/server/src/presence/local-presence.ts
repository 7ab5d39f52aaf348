import type { Member } from '../log/engine.ts'
import { unref } from '../timing/periodic.ts'

export interface PresenceChange {
  /** `join`: the first connection of this identity; `leave`: its last one is gone, and none came in its place. */
  readonly type: 'join' | 'leave'
  readonly channel: string
  readonly identity: string
}

/** How long somebody may be away before it counts: a reload, a tunnel, a rotated connection are no leave. */
const LEAVE_DELAY_MS = 3_000

interface Presence {
  connections: number
  /** When the last connection went; undefined while there is one. */
  leftAt: number | undefined
}

/** Who is connected to which channel of this process. */
export class LocalPresence {
  readonly #channels = new Map<string, Map<string, Presence>>()
  readonly #leaving = new Set<{ channel: string; identity: string }>()
  readonly #onChange: (change: PresenceChange) => void
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(onChange: (change: PresenceChange) => void) {
    this.#onChange = onChange
  }

  identities(channel: string): string[] {
    return [...(this.#channels.get(channel)?.keys() ?? [])]
  }

  /** Everybody in every channel. */
  members(): Member[] {
    return [...this.#channels].flatMap(([channel, identities]) =>
      [...identities.keys()].map((identity) => ({ channel, identity })),
    )
  }

  enter(identity: string, channels: readonly string[]): void {
    for (const channel of channels) {
      const members = this.#channels.get(channel) ?? new Map<string, Presence>()
      this.#channels.set(channel, members)
      const presence = members.get(identity)
      if (presence) {
        presence.connections += 1
        presence.leftAt = undefined
      } else {
        members.set(identity, { connections: 1, leftAt: undefined })
        this.#onChange({ type: 'join', channel, identity })
      }
    }
  }

  exit(identity: string, channels: readonly string[]): void {
    for (const channel of channels) {
      const presence = this.#channels.get(channel)?.get(identity)
      if (!presence) continue
      presence.connections -= 1
      if (presence.connections > 0) continue
      presence.leftAt = performance.now()
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
      const members = this.#channels.get(channel)
      const leftAt = members?.get(identity)?.leftAt
      if (leftAt !== undefined && leftAt > leftBefore + 1) continue
      this.#leaving.delete(leaving)
      if (!members || leftAt === undefined) continue // came back
      members.delete(identity)
      if (members.size === 0) this.#channels.delete(channel)
      this.#onChange({ type: 'leave', channel, identity })
    }
    if (this.#leaving.size > 0) this.#schedule()
  }
}
