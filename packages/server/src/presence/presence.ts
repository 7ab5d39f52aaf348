import { callApp } from '../log/app-callback.ts'
import type { Member, PresenceStore } from '../log/engine.ts'
import { createEpoch } from '../log/id.ts'
import { type Periodic, startPeriodic, stopPeriodic } from '../timing/periodic.ts'
import { LocalPresence, type PresenceChange } from './local-presence.ts'

export type PresenceListener = (change: PresenceChange) => void

/** How often the channels with a listener are read from the store. */
const POLL_MS = 1_000
/** Number of polls after which this process renews its lease. */
const TOUCH_EVERY = 5
/** How long the identities of a crashed process stay present. */
const TTL_MS = 15_000

/** The identities connected to each channel: of all processes that share the engine's store, else of this process. */
export class Presence implements Periodic {
  readonly #process = createEpoch()
  readonly #local = new LocalPresence((change) => this.#onLocalChange(change))
  readonly #listeners = new Map<string, Set<PresenceListener>>()
  /** With a store: the identities in each channel with a listener, as last read. */
  readonly #known = new Map<string, ReadonlySet<string>>()
  readonly #store: PresenceStore | undefined
  readonly #onError: (error: unknown) => void
  /** Channels being read, and whether to read them once more. */
  readonly #reading = new Map<string, boolean>()
  #saving: Promise<void> = Promise.resolve()
  #ticks = 0
  #isPolling = false
  #isClosed = false

  /** @param onError - must not throw. */
  constructor(store: PresenceStore | undefined, onError: (error: unknown) => void) {
    this.#store = store
    this.#onError = onError
  }

  enter(identity: string, channels: readonly string[]): void {
    this.#startPolling()
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
    this.#startPolling()
    const listeners = this.#listeners.get(channel) ?? new Set()
    const own: PresenceListener = (change) => listener(change) // the same listener may be added twice
    this.#listeners.set(channel, listeners.add(own))
    if (this.#store && !this.#known.has(channel)) this.#read(channel)
    return () => {
      if (!listeners.delete(own) || listeners.size > 0) return
      this.#listeners.delete(channel)
      this.#known.delete(channel)
    }
  }

  tick(): void {
    this.#ticks += 1
    if (this.#ticks % TOUCH_EVERY === 0) this.#save((store) => this.#touch(store))
    for (const channel of this.#listeners.keys()) this.#read(channel)
  }

  /** Removes the identities of this process from the store. */
  async close(): Promise<void> {
    this.#isClosed = true
    const members = this.#local.members()
    this.#local.close()
    this.#listeners.clear()
    if (!this.#isPolling) return
    stopPeriodic(this, POLL_MS)
    this.#save((store) => store.leave(this.#process, members))
    await this.#saving
  }

  /** The store, and a timer, are used only once presence is. */
  #startPolling(): void {
    if (!this.#store || this.#isPolling || this.#isClosed) return
    this.#isPolling = true
    startPeriodic(this, POLL_MS)
  }

  #onLocalChange(change: PresenceChange): void {
    const { type, channel, identity } = change
    if (!this.#store) return this.#notify(change)
    const member = [{ channel, identity }]
    this.#save((store) =>
      type === 'join' ? store.enter(this.#process, member, TTL_MS) : store.leave(this.#process, member),
    )
    if (this.#listeners.has(channel)) this.#read(channel)
  }

  async #touch(store: PresenceStore): Promise<void> {
    const members: Member[] = this.#local.members()
    if (members.length === 0 || (await store.touch(this.#process, TTL_MS))) return
    await store.enter(this.#process, members, TTL_MS) // the lease had expired
  }

  /** Runs one call after the other: a join and a leave at the same time must not end in the wrong order. */
  #save(task: (store: PresenceStore) => Promise<unknown>): void {
    const store = this.#store as PresenceStore
    this.#saving = this.#saving.then(async () => {
      try {
        await task(store)
      } catch (error) {
        this.#onError(error) // the next renewal enters every member again if they were lost
      }
    })
  }

  /** Reads of a channel do not overlap: an older answer must not replace a newer one. */
  async #read(channel: string): Promise<void> {
    if (this.#reading.has(channel)) {
      this.#reading.set(channel, true)
      return
    }
    do {
      this.#reading.set(channel, false)
      await this.#readOnce(channel)
    } while (this.#reading.get(channel) && this.#listeners.has(channel))
    this.#reading.delete(channel)
  }

  async #readOnce(channel: string): Promise<void> {
    try {
      const now = new Set(await this.identities(channel))
      const before = this.#known.get(channel)
      if (!this.#listeners.has(channel)) return
      this.#known.set(channel, now)
      if (!before) return // an identity that was present before has not joined
      for (const identity of now) if (!before.has(identity)) this.#notify({ type: 'join', channel, identity })
      for (const identity of before)
        if (!now.has(identity)) this.#notify({ type: 'leave', channel, identity })
    } catch (error) {
      this.#onError(error)
    }
  }

  #notify(change: PresenceChange): void {
    for (const listener of this.#listeners.get(change.channel) ?? []) {
      callApp(() => listener(change), this.#onError)
    }
  }
}
