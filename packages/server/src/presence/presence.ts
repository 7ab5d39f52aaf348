import { callApp } from '../log/app-callback.ts'
import type { PresenceStore } from '../log/engine.ts'
import { type Periodic, startPeriodic, stopPeriodic } from '../timing/periodic.ts'
import { checkedPresence } from './checked-presence.ts'
import { LocalPresence, type PresenceChange } from './local-presence.ts'
import { PresenceSaver } from './presence-saver.ts'

export type PresenceListener = (change: PresenceChange) => void

/** How often the channels with a listener are read from the store. */
const POLL_MS = 1_000
/** Number of polls after which this process renews its lease: a renewal that fails is repeated at the next one. */
const TOUCH_EVERY = 7

/**
 * The identities connected to each channel: of all processes that share the engine's store, else of this process. The
 * store is used, and a timer runs, only while an identity is present or a listener was added.
 */
export class Presence implements Periodic {
  readonly #local = new LocalPresence((change) => this.#onLocalChange(change))
  readonly #listeners = new Map<string, Set<PresenceListener>>()
  /** With a store: the identities in each channel with a listener, as last read. */
  readonly #known = new Map<string, ReadonlySet<string>>()
  readonly #store: PresenceStore | undefined
  readonly #saver: PresenceSaver | undefined
  readonly #onError: (error: unknown) => void
  /** Channels being read, and whether to read them once more. */
  readonly #reading = new Map<string, boolean>()
  #ticks = 0
  #isTicking = false
  #isClosed = false

  /** @param onError - must not throw. */
  constructor(store: PresenceStore | undefined, onError: (error: unknown) => void) {
    this.#store = store && checkedPresence(store)
    this.#saver = this.#store && new PresenceSaver(this.#store, () => this.#local.members(), onError)
    this.#onError = onError
  }

  enter(identity: string, channels: readonly string[]): void {
    if (!this.#isClosed) this.#local.enter(identity, channels)
  }

  /** @param retryMs - reconnection delay that the client was sent. */
  exit(identity: string, channels: readonly string[], retryMs: number | undefined): void {
    if (!this.#isClosed) this.#local.exit(identity, channels, retryMs)
  }

  /** @throws {SseError} errors of the engine. */
  async identities(channel: string): Promise<string[]> {
    if (!this.#store) return this.#local.identities(channel)
    await this.#saver?.settled()
    return [...new Set(await this.#store.present(channel))]
  }

  listen(channel: string, listener: PresenceListener): () => void {
    const listeners = this.#listeners.get(channel) ?? new Set()
    const own: PresenceListener = (change) => listener(change) // the same listener may be added twice
    this.#listeners.set(channel, listeners.add(own))
    if (this.#store && !this.#known.has(channel)) this.#read(channel)
    this.#startTicking()
    return () => {
      if (!listeners.delete(own) || listeners.size > 0) return
      this.#listeners.delete(channel)
      this.#known.delete(channel)
    }
  }

  tick(): void {
    this.#ticks += 1
    if (this.#local.isEmpty && this.#saver?.isSaved && this.#listeners.size === 0) return this.#stopTicking()
    if (!this.#local.isEmpty && this.#ticks % TOUCH_EVERY === 0) this.#saver?.touch()
    else if (!this.#saver?.isSaved) this.#saver?.save()
    for (const channel of this.#listeners.keys()) this.#read(channel)
  }

  /**
   * Stops. The identities of this process disappear from the store as its lease expires, once their clients have had the
   * time to reconnect elsewhere: a restart is not a leave.
   */
  async close(): Promise<void> {
    this.#isClosed = true
    this.#stopTicking()
    this.#listeners.clear()
    const lingerMs = this.#local.close()
    await this.#saver?.close(lingerMs)
  }

  #startTicking(): void {
    if (!this.#store || this.#isTicking || this.#isClosed) return
    this.#isTicking = true
    startPeriodic(this, POLL_MS)
  }

  #stopTicking(): void {
    this.#isTicking = false
    stopPeriodic(this, POLL_MS)
  }

  #onLocalChange(change: PresenceChange): void {
    if (!this.#saver) return this.#notify(change)
    this.#startTicking()
    this.#saver.change(change)
    if (this.#listeners.has(change.channel)) this.#read(change.channel)
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
