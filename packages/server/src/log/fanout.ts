import type { Gap } from '@sse/contract'
import { BATCH_BYTES } from './batch.ts'
import { SharedFrames } from './shared-frames.ts'
import type { StoredFrame } from './stored-frame.ts'

/** A reader of the log: a connection's sender, or a loop over a subscription. */
export interface Follower {
  /** Whether it has received everything up to the log's head and has room for more. Set by the fan-out only. */
  isLive: boolean
  /** Channels of the current batch that it follows, as bits. Used by the fan-out only; 0 between deliveries. */
  mask: number
  /** Takes new frames: every event of its channels after `from`, up to `position`. Called only while it is live. */
  deliver(frames: SharedFrames, position: number, from: number): void
  /** The log was replaced. `head` is the position it had reached before; a live follower has received all up to it. */
  reset(reason: Gap['reason'], head: number): void
  /** One of the other calls threw: closes this follower. */
  fail(error: unknown): void
  /** The hub is closed. */
  end(): void
}

/** Number of channels that a bit mask can tell apart. */
const MAX_CHANNELS = 31

/**
 * Passes new frames to the live followers of their channels, the same bytes to each. A follower that throws is closed;
 * the others get their frames.
 */
export class Fanout {
  readonly #followers = new Set<Follower>()
  readonly #byChannel = new Map<string, Set<Follower>>()
  readonly #onError: (error: unknown) => void
  #live = 0
  /** Bytes of frames passed on, counted once per follower. */
  bytes = 0
  /** How often frames were passed to a follower. */
  deliveries = 0

  constructor(onError: (error: unknown) => void) {
    this.#onError = onError
  }

  /** Number of channels with a follower. */
  get channels(): number {
    return this.#byChannel.size
  }

  /** Number of followers that are not live. */
  get lagging(): number {
    return this.#followers.size - this.#live
  }

  add(follower: Follower, channels: readonly string[]): void {
    this.#followers.add(follower)
    if (follower.isLive) this.#live += 1
    for (const channel of channels) {
      const followers = this.#byChannel.get(channel)
      if (followers) followers.add(follower)
      else this.#byChannel.set(channel, new Set([follower]))
    }
  }

  /** Idempotent. */
  remove(follower: Follower, channels: readonly string[]): void {
    if (!this.#followers.has(follower)) return
    this.setLive(follower, false)
    this.#followers.delete(follower)
    for (const channel of channels) {
      const followers = this.#byChannel.get(channel)
      if (followers?.delete(follower) && followers.size === 0) this.#byChannel.delete(channel)
    }
  }

  /** A follower is at the head and takes live frames, or no longer does. Ignored for one that is not added. */
  setLive(follower: Follower, isLive: boolean): void {
    if (follower.isLive === isLive || !this.#followers.has(follower)) return
    follower.isLive = isLive
    this.#live += isLive ? 1 : -1
  }

  /**
   * Delivers frames that were added to the log: to each follower all of its frames at once, up to the size of a batch.
   * What a follower holds that takes nothing is then at most that.
   */
  deliver(frames: readonly StoredFrame[]): void {
    let run: StoredFrame[] = []
    let channels = new Set<string>()
    let bytes = 0
    for (const frame of frames) {
      const isFull = bytes >= BATCH_BYTES || (channels.size === MAX_CHANNELS && !channels.has(frame.channel))
      if (isFull) {
        this.#deliverRun(run, channels)
        run = []
        channels = new Set()
        bytes = 0
      }
      run.push(frame)
      channels.add(frame.channel)
      bytes += frame.bytes.byteLength
    }
    this.#deliverRun(run, channels)
  }

  reset(reason: Gap['reason'], head: number): void {
    for (const follower of [...this.#followers]) this.#guard(follower, () => follower.reset(reason, head))
  }

  end(): void {
    for (const follower of [...this.#followers]) this.#guard(follower, () => follower.end())
  }

  #deliverRun(run: readonly StoredFrame[], channels: ReadonlySet<string>): void {
    const position = (run.at(-1) as StoredFrame).position
    const from = (run[0] as StoredFrame).position - 1
    if (channels.size === 1) {
      const { channel } = run[0] as StoredFrame
      const followers = this.#byChannel.get(channel)
      if (!followers) return
      const frames = new SharedFrames(run, 'live', channel)
      for (const follower of followers) this.#deliverTo(follower, frames, position, from)
      return
    }
    const bits = new Map<string, number>()
    const reached: Follower[] = []
    for (const channel of channels) {
      const bit = 1 << bits.size
      bits.set(channel, bit)
      for (const follower of this.#byChannel.get(channel) ?? []) {
        if (!follower.isLive) continue
        if (follower.mask === 0) reached.push(follower)
        follower.mask |= bit
      }
    }
    // Followers of the same channels share the same bytes.
    const shared = new Map<number, SharedFrames>()
    for (const follower of reached) {
      const { mask } = follower
      follower.mask = 0
      let frames = shared.get(mask)
      if (!frames) {
        const isOneChannel = (mask & (mask - 1)) === 0
        const own = run.filter(({ channel }) => (mask & (bits.get(channel) as number)) !== 0)
        frames = new SharedFrames(own, 'live', isOneChannel ? own[0]?.channel : undefined)
        shared.set(mask, frames)
      }
      this.#deliverTo(follower, frames, position, from)
    }
  }

  #deliverTo(follower: Follower, frames: SharedFrames, position: number, from: number): void {
    if (!follower.isLive) return // it fell behind, or another follower's delivery closed it
    this.bytes += frames.byteLength
    this.deliveries += 1
    try {
      follower.deliver(frames, position, from)
    } catch (error) {
      this.#close(follower, error)
    }
  }

  #guard(follower: Follower, call: () => void): void {
    try {
      call()
    } catch (error) {
      this.#close(follower, error)
    }
  }

  #close(follower: Follower, error: unknown): void {
    this.setLive(follower, false)
    try {
      follower.fail(error)
    } catch (thrown) {
      this.#onError(thrown)
    }
  }
}
