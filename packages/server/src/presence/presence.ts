import type { Member, PresenceStore } from '../log/engine.ts'
import { createEpoch } from '../log/id.ts'
import { type Periodic, startPeriodic, stopPeriodic } from '../timing/periodic.ts'
import { LocalPresence, type PresenceChange } from './local-presence.ts'

export type PresenceListener = (change: PresenceChange) => void

/** How often a process says that it lives, and looks who has come and gone elsewhere. */
const POLL_MS = 1_000
const TOUCH_EVERY = 5
/** How long the people of a process that crashed stay. */
const TTL_MS = 15_000

/** Who is connected to which channel: of this process, or of all that share the engine when it has a store. */
export class Presence implements Periodic {
  readonly #process = createEpoch()
  readonly #local = new LocalPresence((change) => this.#onLocalChange(change))
  readonly #listeners = new Map<string, Set<PresenceListener>>()
  /** With a store: who was in the channels that are listened to when it was last asked. */
  readonly #known = new Map<string, ReadonlySet<string>>()
  readonly #store: PresenceStore | undefined
  readonly #onError: (error: unknown) => void
  #saving: Promise<void> = Promise.resolve()
  #ticks = 0

  constructor(store: PresenceStore | undefined, onError: (error: unknown) => void) {
    this.#store = store
    this.#onError = onError
    if (store) startPeriodic(this, POLL_MS)
  }

  enter(identity: string, channels: readonly string[]): void {
    this.#local.enter(identity, channels)
  }

  exit(identity: string, channels: readonly string[]): void {
    this.#local.exit(identity, channels)
  }

  async identities(channel: string): Promise<string[]> {
    if (!this.#store) return this.#local.identities(channel)
    await this.#saving
    return [...(await this.#store.present(channel))]
  }

  listen(channel: string, listener: PresenceListener): () => void {
    const listeners = this.#listeners.get(channel) ?? new Set()
    const own: PresenceListener = (change) => listener(change)
    this.#listeners.set(channel, listeners.add(own))
    if (this.#store && !this.#known.has(channel)) this.#look(channel)
    return () => {
      if (!listeners.delete(own) || listeners.size > 0) return
      this.#listeners.delete(channel)
      this.#known.delete(channel)
    }
  }

  tick(): void {
    this.#ticks += 1
    if (this.#ticks % TOUCH_EVERY === 0) this.#save((store) => this.#touch(store))
    for (const channel of this.#listeners.keys()) this.#look(channel)
  }

  /** Takes this process's people out of the store. */
  async close(): Promise<void> {
    const members = this.#local.members()
    this.#local.close()
    if (!this.#store) return
    stopPeriodic(this, POLL_MS)
    this.#listeners.clear()
    this.#save((store) => store.leave(this.#process, members))
    await this.#saving
  }

  #onLocalChange(change: PresenceChange): void {
    const { type, channel, identity } = change
    if (!this.#store) return this.#tell(change)
    const member = [{ channel, identity }]
    this.#save((store) =>
      type === 'join' ? store.enter(this.#process, member, TTL_MS) : store.leave(this.#process, member),
    )
    if (this.#listeners.has(channel)) this.#look(channel)
  }

  async #touch(store: PresenceStore): Promise<void> {
    const members: Member[] = this.#local.members()
    if (members.length === 0 || (await store.touch(this.#process, TTL_MS))) return
    await store.enter(this.#process, members, TTL_MS) // the store has lost them
  }

  /** One after the other: who joins and leaves at once must not end as the wrong one. */
  #save(task: (store: PresenceStore) => Promise<unknown>): void {
    const store = this.#store as PresenceStore
    this.#saving = this.#saving.then(async () => {
      try {
        await task(store)
      } catch (error) {
        this.#onError(error) // the next word says everything again
      }
    })
  }

  async #look(channel: string): Promise<void> {
    try {
      const now = new Set(await this.identities(channel))
      const before = this.#known.get(channel)
      if (!this.#listeners.has(channel)) return
      this.#known.set(channel, now)
      if (!before) return // who was there already has not joined
      for (const identity of now) if (!before.has(identity)) this.#tell({ type: 'join', channel, identity })
      for (const identity of before) if (!now.has(identity)) this.#tell({ type: 'leave', channel, identity })
    } catch (error) {
      this.#onError(error)
    }
  }

  #tell(change: PresenceChange): void {
    for (const listener of this.#listeners.get(change.channel) ?? []) {
      try {
        listener(change)
      } catch (error) {
        this.#onError(error)
      }
    }
  }
}
