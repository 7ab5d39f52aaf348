import type { Member, PresenceStore } from '../log/engine.ts'
import { createEpoch } from '../log/id.ts'
import { nextTurn } from '../timing/next-turn.ts'
import type { PresenceChange } from './local-presence.ts'

/** How long the identities of a crashed process stay present. */
const TTL_MS = 15_000
/** Members in one call. */
const MAX_MEMBERS = 1_000

/**
 * Keeps the members of this process in the store: the changes of one turn of the event loop, and those that arrive while
 * a call is in flight, share a call. There is one call at a time: a join and a leave must not end in the wrong order.
 */
export class PresenceSaver {
  readonly #process = createEpoch()
  readonly #store: PresenceStore
  readonly #members: () => readonly Member[]
  readonly #onError: (error: unknown) => void
  /** The last change of each member that the store does not have yet. */
  readonly #changes = new Map<string, PresenceChange>()
  #saving: Promise<void> | undefined
  #isTouchDue = false

  /**
   * @param members - returns every member of this process.
   * @param onError - must not throw.
   */
  constructor(store: PresenceStore, members: () => readonly Member[], onError: (error: unknown) => void) {
    this.#store = store
    this.#members = members
    this.#onError = onError
  }

  /** Whether the store has every change, and the lease was renewed when it was due. */
  get isSaved(): boolean {
    return this.#changes.size === 0 && !this.#isTouchDue
  }

  change(change: PresenceChange): void {
    this.#changes.set(keyOf(change), change)
    this.save()
  }

  /** Renews the lease of this process. */
  touch(): void {
    this.#isTouchDue = true
    this.save()
  }

  /** Saves what is not saved yet. What fails is reported and stays for the next call. */
  save(): void {
    this.#saving ??= this.#save().finally(() => {
      this.#saving = undefined
    })
  }

  /** Resolves once everything that was changed before was sent to the store. */
  async settled(): Promise<void> {
    await this.#saving
  }

  /** Sends what is pending. The members of this process then stay present for `lingerMs` at most. */
  async close(lingerMs: number): Promise<void> {
    await this.#saving
    this.#isTouchDue = false
    if (!this.isSaved) this.save()
    await this.#saving
    if (lingerMs === 0) return
    try {
      await this.#store.touch(this.#process, lingerMs)
    } catch (error) {
      this.#onError(error) // the lease expires all the same, only later
    }
  }

  async #save(): Promise<void> {
    await new Promise<void>(nextTurn)
    try {
      while (this.#changes.size > 0 || this.#isTouchDue) {
        if (this.#changes.size > 0) await this.#saveChanges()
        if (this.#isTouchDue) await this.#touchStore()
      }
    } catch (error) {
      this.#onError(error) // the next tick tries again
    }
  }

  async #saveChanges(): Promise<void> {
    const batch = [...this.#changes].slice(0, MAX_MEMBERS)
    const members = (wanted: PresenceChange['type']) =>
      batch
        .filter(([, { type }]) => type === wanted)
        .map(([, { channel, identity }]) => ({ channel, identity }))
    const joined = members('join')
    const left = members('leave')
    if (left.length > 0) await this.#store.leave(this.#process, left)
    if (joined.length > 0) await this.#store.enter(this.#process, joined, TTL_MS)
    for (const [key, change] of batch) if (this.#changes.get(key) === change) this.#changes.delete(key)
  }

  async #touchStore(): Promise<void> {
    const isAlive = await this.#store.touch(this.#process, TTL_MS)
    this.#isTouchDue = false
    if (isAlive) return
    // The lease had expired.
    for (const member of this.#members()) {
      const key = keyOf(member)
      if (!this.#changes.has(key)) this.#changes.set(key, { type: 'join', ...member })
    }
  }
}

/** Names contain no control characters. */
function keyOf({ channel, identity }: Member): string {
  return `${channel}\n${identity}`
}
