import { nextTurn } from '../timing/next-turn.ts'
import type { Engine, Page } from './engine.ts'
import type { FrameEncoder } from './frame-encoder.ts'
import type { StoredFrame } from './stored-frame.ts'

/** Frames after a position in some channels, and the state of the log they belong to. */
export interface HistoryPage {
  readonly epoch: string
  readonly oldest: number
  readonly frames: readonly StoredFrame[]
  /** Every event of the channels up to this position is in `frames`. */
  readonly position: number
}

interface Request {
  readonly position: number
  readonly channels: readonly string[]
  readonly resolve: (page: HistoryPage) => void
  readonly reject: (error: unknown) => void
}

/** Reads of single readers at a time. More are a storm. */
const MAX_OWN_READS = 8
const OWN_LIMIT = 256
const SHARED_LIMIT = 1_000
/** Bytes of data on a page: what a reader holds until its socket has taken it. */
const PAGE_BYTES = 1_048_576

/**
 * Reads events older than the ring from the engine.
 *
 * A few readers read their own channels. When many read at once, one sweep over the whole log serves all of them: a
 * storm of 5,000 resumes costs about one read per 1,000 events of history, not one per client.
 */
export class HistoryReader {
  readonly #engine: Engine
  readonly #encoder: FrameEncoder
  #ownReads = 0
  #waiting: Request[] = []
  #isSweeping = false

  constructor(engine: Engine, encoder: FrameEncoder) {
    this.#engine = engine
    this.#encoder = encoder
  }

  /** Reads a page. Rejects with the engine's error. */
  async read(position: number, channels: readonly string[]): Promise<HistoryPage> {
    if (this.#isSweeping || this.#ownReads >= MAX_OWN_READS) return this.#join(position, channels)
    this.#ownReads += 1
    try {
      const page = await this.#engine.read(position, {
        limit: OWN_LIMIT,
        maxBytes: PAGE_BYTES,
        channels,
        isHistory: true,
      })
      return {
        epoch: page.epoch,
        oldest: page.oldest,
        frames: this.#encode(page),
        position: page.reached,
      }
    } finally {
      this.#ownReads -= 1
    }
  }

  #join(position: number, channels: readonly string[]): Promise<HistoryPage> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ position, channels, resolve, reject })
      if (this.#isSweeping) return
      this.#isSweeping = true
      this.#sweep()
    })
  }

  async #sweep(): Promise<void> {
    for (let round = 0; ; round += 1) {
      await new Promise<void>(nextTurn) // readers that were served ask again
      if (this.#waiting.length === 0) break
      try {
        const after = this.#choose(round)
        this.#serve(after, await this.#engine.read(after, { limit: SHARED_LIMIT, maxBytes: PAGE_BYTES, isHistory: true }))
      } catch (error) {
        for (const { reject } of this.#waiting.splice(0)) reject(error)
      }
    }
    this.#isSweeping = false
  }

  /** From the lowest position upwards, so that all readers get in step. Every fourth round the longest wait is first. */
  #choose(round: number): number {
    if (round % 4 === 3) return (this.#waiting[0] as Request).position
    return this.#waiting.reduce(
      (lowest, { position }) => Math.min(lowest, position),
      Number.POSITIVE_INFINITY,
    )
  }

  #serve(after: number, page: Page): void {
    const position = page.reached
    const isWhole = position >= page.head
    const served = this.#waiting.filter(
      (request) => request.position >= after && (isWhole || request.position < position),
    )
    const isServed = new Set(served)
    this.#waiting = this.#waiting.filter((request) => !isServed.has(request))
    const byChannel = groupByChannel(this.#encode(page))
    for (const request of served) {
      const frames = request.channels
        .flatMap((channel) => byChannel.get(channel) ?? [])
        .filter((frame) => frame.position > request.position)
      if (request.channels.length > 1) frames.sort((a, b) => a.position - b.position)
      request.resolve({ epoch: page.epoch, oldest: page.oldest, frames, position })
    }
  }

  #encode({ epoch, entries }: Page): StoredFrame[] {
    return entries.flatMap((entry) => this.#encoder.encodeFrame(epoch, entry) ?? [])
  }
}

function groupByChannel(frames: readonly StoredFrame[]): Map<string, StoredFrame[]> {
  const groups = new Map<string, StoredFrame[]>()
  for (const frame of frames) {
    const group = groups.get(frame.channel)
    if (group) group.push(frame)
    else groups.set(frame.channel, [frame])
  }
  return groups
}
