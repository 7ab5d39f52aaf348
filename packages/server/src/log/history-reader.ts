import { nextTurn } from '../timing/next-turn.ts'
import type { Engine, Page } from './engine.ts'
import { encodeFrame, type StoredFrame } from './stored-frame.ts'

/** Frames after a position in some channels, and the state of the log they are of. */
export interface HistoryPage {
  readonly epoch: string
  readonly oldest: number
  readonly frames: readonly StoredFrame[]
  /** Everything in the channels up to here is in `frames`. */
  readonly position: number
}

interface Request {
  readonly position: number
  readonly channels: readonly string[]
  readonly resolve: (page: HistoryPage) => void
  readonly reject: (error: unknown) => void
}

/** Reads of single cursors at a time; more than that are a storm. */
const MAX_OWN_READS = 8
const OWN_LIMIT = 256
const SHARED_LIMIT = 1_000

/**
 * Reads from the engine what is older than the ring.
 *
 * A few cursors read their own channels. When many come at once, one sweep over the whole log serves all of
 * them: a storm of 5,000 resumes costs about a read for each 1,000 events of history, not one for each client.
 */
export class HistoryReader {
  readonly #engine: Engine
  #ownReads = 0
  #waiting: Request[] = []
  #isSweeping = false

  constructor(engine: Engine) {
    this.#engine = engine
  }

  /** Rejects with what the engine says. */
  async read(position: number, channels: readonly string[]): Promise<HistoryPage> {
    if (this.#isSweeping || this.#ownReads >= MAX_OWN_READS) return this.#join(position, channels)
    this.#ownReads += 1
    try {
      const page = await this.#engine.read(position, OWN_LIMIT, channels)
      const frames = page.entries.map((entry) => encodeFrame(page.epoch, entry))
      return { epoch: page.epoch, oldest: page.oldest, frames, position: reachedBy(page, OWN_LIMIT) }
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
      await new Promise<void>(nextTurn) // those that were served come again
      if (this.#waiting.length === 0) break
      await this.#serve(this.#choose(round))
    }
    this.#isSweeping = false
  }

  /** From the lowest position upwards, so that all end up in step; now and then who has waited longest. */
  #choose(round: number): number {
    if (round % 4 === 3) return (this.#waiting[0] as Request).position
    return this.#waiting.reduce(
      (lowest, { position }) => Math.min(lowest, position),
      Number.POSITIVE_INFINITY,
    )
  }

  async #serve(after: number): Promise<void> {
    let page: Page
    try {
      page = await this.#engine.read(after, SHARED_LIMIT)
    } catch (error) {
      const failed = this.#waiting
      this.#waiting = []
      for (const { reject } of failed) reject(error)
      return
    }
    const position = reachedBy(page, SHARED_LIMIT)
    const isWhole = page.entries.length < SHARED_LIMIT
    const served = this.#waiting.filter(
      (request) => request.position >= after && (isWhole || request.position < position),
    )
    this.#waiting = this.#waiting.filter((request) => !served.includes(request))
    const byChannel = groupByChannel(page)
    for (const request of served) {
      const frames = request.channels
        .flatMap((channel) => byChannel.get(channel) ?? [])
        .filter((frame) => frame.position > request.position)
      if (request.channels.length > 1) frames.sort((a, b) => a.position - b.position)
      request.resolve({ epoch: page.epoch, oldest: page.oldest, frames, position })
    }
  }
}

function reachedBy({ entries, head }: Page, limit: number): number {
  return entries.length < limit ? head : (entries.at(-1)?.position ?? head)
}

function groupByChannel({ epoch, entries }: Page): Map<string, StoredFrame[]> {
  const groups = new Map<string, StoredFrame[]>()
  for (const entry of entries) {
    const frame = encodeFrame(epoch, entry)
    const group = groups.get(entry.channel)
    if (group) group.push(frame)
    else groups.set(entry.channel, [frame])
  }
  return groups
}
