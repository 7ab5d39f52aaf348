import type { SharedFrames } from '../log/shared-frames.ts'
import type { Compressor } from '../stream/compressor.ts'
import type { Sink } from '../stream/sink.ts'
import { GzipSink } from './gzip-sink.ts'
import { Lane, type Link, type Links, SingleLink } from './lane.ts'
import { type GroupOf, makeBlock, type SharedBlock } from './shared-block.ts'

/** Maximum number of lanes, of 16 KiB each and 32 at most: the groups that have had an event most recently. */
const MAX_LANES = 1_024

/** What the gzip connections of one stream share: each batch of frames is compressed once, when the first one writes it. */
export class SharedGzip implements Compressor, Links {
  readonly #groupOf: GroupOf
  readonly #maxLanes: number
  readonly #links = new WeakMap<SharedFrames, Link>()
  readonly #blocks = new WeakMap<SharedFrames, SharedBlock>()
  readonly #byGroup = new Map<string, Lane>()
  readonly #byId = new Map<number, Lane>()
  #newestId = 0

  constructor(groupOf: GroupOf, maxLanes: number = MAX_LANES) {
    this.#groupOf = groupOf
    this.#maxLanes = maxLanes
  }

  wrap(sink: Sink): Sink {
    return new GzipSink(sink, this)
  }

  linkOf(frames: SharedFrames, lane: number, place: number): Link {
    // Not kept by its frames: they are the same until the next event, and a link in each lane.
    if (frames.origin === 'heartbeat') {
      return this.#byId.get(lane)?.heartbeat(frames, place, this.#makeBlock) ?? this.#single(frames)
    }
    let link = this.#links.get(frames)
    if (!link) {
      link = this.#laneOf(frames)?.append(frames, this.#makeBlock) ?? this.#single(frames)
      this.#links.set(frames, link)
    }
    return link
  }

  #single(frames: SharedFrames): Link {
    return new SingleLink(this.#makeBlock(frames))
  }

  readonly #makeBlock = (frames: SharedFrames): SharedBlock => {
    let block = this.#blocks.get(frames)
    if (!block) {
      block = makeBlock(frames, this.#groupOf)
      this.#blocks.set(frames, block)
    }
    return block
  }

  /** Frames of history have no lane: they are behind the head, where no others follow them. */
  #laneOf({ origin, parts }: SharedFrames): Lane | undefined {
    if (origin !== 'live') return undefined
    const [group, ...others] = new Set(parts.map(({ channel }) => this.#groupOf(channel)))
    if (group === undefined || others.length > 0) return undefined
    const lane = this.#byGroup.get(group) ?? this.#createLane()
    // The last entry of the map is the most recent.
    this.#byGroup.delete(group)
    this.#byGroup.set(group, lane)
    if (this.#byGroup.size > this.#maxLanes) this.#dropOldest()
    return lane
  }

  #createLane(): Lane {
    this.#newestId += 1
    const lane = new Lane(this.#newestId)
    this.#byId.set(lane.id, lane)
    return lane
  }

  #dropOldest(): void {
    const [[group, { id }]] = this.#byGroup as unknown as [[string, Lane]]
    this.#byGroup.delete(group)
    this.#byId.delete(id)
  }
}
