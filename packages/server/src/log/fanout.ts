import type { Gap } from '@sse/contract'
import { SharedFrames } from './shared-frames.ts'
import { joinFrames, type StoredFrame } from './stored-frame.ts'

/** Whoever reads on in the log: a connection's cursor, or a loop over a subscription. */
export interface Follower {
  /** Whether it has got everything up to the log's head, and has room for more. */
  isLive: boolean
  /** Which of a batch's channels it follows; the delivery's own, 0 in between. */
  mask: number
  /** New frames of its channels: all there is after `from`, up to `position`. Called only while it is live. */
  deliver(frames: SharedFrames, position: number, from: number): void
  /** The log was replaced; it had reached `head` before, and a live follower everything up to there. */
  reset(reason: Gap['reason'], head: number): void
  /** The hub is closed. */
  end(): void
}

/** Channels that a bit mask can tell apart. */
const MAX_CHANNELS = 31

/** Hands new frames to the live followers of their channels, each the same bytes. */
export class Fanout {
  readonly #followers = new Map<string, Set<Follower>>()
  /** Frames handed over, counted once per follower. */
  bytes = 0

  get channels(): number {
    return this.#followers.size
  }

  add(follower: Follower, channels: readonly string[]): void {
    for (const channel of channels) {
      const followers = this.#followers.get(channel)
      if (followers) followers.add(follower)
      else this.#followers.set(channel, new Set([follower]))
    }
  }

  remove(follower: Follower, channels: readonly string[]): void {
    for (const channel of channels) {
      const followers = this.#followers.get(channel)
      if (followers?.delete(follower) && followers.size === 0) this.#followers.delete(channel)
    }
  }

  /** How many are not live. */
  countLagging(): number {
    let lagging = 0
    for (const follower of this.#all()) if (!follower.isLive) lagging += 1
    return lagging
  }

  /** Delivers what was added to the log: to each follower everything that is for it, at once. */
  deliver(frames: readonly StoredFrame[]): void {
    let run: StoredFrame[] = []
    let channels = new Set<string>()
    for (const frame of frames) {
      if (channels.size === MAX_CHANNELS && !channels.has(frame.channel)) {
        this.#deliverRun(run, channels)
        run = []
        channels = new Set()
      }
      run.push(frame)
      channels.add(frame.channel)
    }
    this.#deliverRun(run, channels)
  }

  reset(reason: Gap['reason'], head: number): void {
    for (const follower of this.#all()) follower.reset(reason, head)
  }

  end(): void {
    for (const follower of this.#all()) follower.end()
  }

  #all(): Set<Follower> {
    return new Set([...this.#followers.values()].flatMap((followers) => [...followers]))
  }

  #deliverRun(run: readonly StoredFrame[], channels: ReadonlySet<string>): void {
    const position = (run.at(-1) as StoredFrame).position
    const from = (run[0] as StoredFrame).position - 1
    if (channels.size === 1) {
      const followers = this.#followers.get((run[0] as StoredFrame).channel)
      if (followers) this.#deliverSame(run, followers, position, from)
      return
    }
    const bits = new Map<string, number>()
    const reached: Follower[] = []
    for (const channel of channels) {
      const bit = 1 << bits.size
      bits.set(channel, bit)
      for (const follower of this.#followers.get(channel) ?? []) {
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
        frames = share(run.filter(({ channel }) => (mask & (bits.get(channel) as number)) !== 0))
        shared.set(mask, frames)
      }
      if (!follower.isLive) continue // stopped by what another one's delivery has set off
      this.bytes += frames.bytes.byteLength
      follower.deliver(frames, position, from)
    }
  }

  #deliverSame(
    run: readonly StoredFrame[],
    followers: ReadonlySet<Follower>,
    position: number,
    from: number,
  ): void {
    const frames = share(run)
    for (const follower of followers) {
      if (!follower.isLive) continue
      this.bytes += frames.bytes.byteLength
      follower.deliver(frames, position, from)
    }
  }
}

function share(frames: readonly StoredFrame[]): SharedFrames {
  return new SharedFrames(joinFrames(frames))
}
