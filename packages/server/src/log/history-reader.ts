import { SseError } from '@sse/contract'
import { nextTurn } from '../timing/next-turn.ts'
import { BATCH_BYTES, BATCH_LIMIT, Batch, makeBatch } from './batch.ts'
import { type CheckedEngine, engineError } from './checked-engine.ts'
import type { Page, ReadOptions } from './engine.ts'
import type { FrameEncoder } from './frame-encoder.ts'
import type { LogTail } from './log-tail.ts'
import { PageFrames } from './page-frames.ts'
import type { StoredFrame } from './stored-frame.ts'
import { TurnBudget } from './turn-budget.ts'
import { TurnClock } from './turn-clock.ts'

/** Receives what it asked the history for: one of the two calls, unless it cancels. */
export interface HistoryReceiver {
  received(batch: Batch): void
  /** The engine failed, which has been reported. */
  failed(error: SseError): void
}

/** Requests of the same position and channels: one read serves them. */
interface Group {
  readonly position: number
  readonly channels: readonly string[]
  readonly receivers: Set<HistoryReceiver>
  /** A read for this group alone is in flight. */
  isReading: boolean
}

/** Reads at a time. History shares the process and the engine with live events, which come first. */
const MAX_READS = 2
/** Groups that are read one by one. More are a storm. */
const MAX_OWN_GROUPS = 8
/** A page of a group is what its readers write at once: what they do not take, they read again. */
const OWN_PAGE: ReadOptions = { limit: BATCH_LIMIT, maxBytes: BATCH_BYTES, isHistory: true }
/** Of a page of the whole log, a group takes a part: a larger one serves more of them. */
const SHARED_PAGE: ReadOptions = { limit: 1_000, maxBytes: 1_048_576, isHistory: true }
/** How long a shared page serves readers that continue within it, and new ones. */
const MAX_PAGE_MS = 1_000
/** Live events count as flowing for this long after the last one. */
const LIVE_MS = 1_000
/** Longest pause between two reads while live events are flowing. */
const MAX_PAUSE_MS = 50
/** Reads that are shorter delay nothing: a timer alone would take longer. */
const MIN_READ_MS = 1
/** How long one turn of the event loop may be used, in milliseconds. */
const TURN_MS = 8

export interface HistoryReaderSettings {
  readonly engine: CheckedEngine
  readonly tail: LogTail
  readonly encoder: FrameEncoder
  /** Reads what the engine has now into the tail. */
  readonly refresh: () => Promise<void>
  readonly onError: (error: unknown) => void
}

/**
 * Reads events older than the ring from the engine, for readers behind it: few reads at a time, cut by bytes, and
 * nothing is kept but the pages in flight.
 *
 * A few readers read their own channels. When many read at once, one sweep over the whole log serves all of them: a
 * storm of 5,000 resumes costs about one read per 1,000 events of history, not one per client.
 */
export class HistoryReader {
  readonly #settings: HistoryReaderSettings
  /** Requests that wait, by position and channels, the oldest first. */
  readonly #groups = new Map<string, Group>()
  readonly #budget = new TurnBudget(new TurnClock(TURN_MS))
  #reads = 0
  #round = 0
  #isSweeping = false
  /** Batches that are being given to their readers. */
  #serving = 0
  #isScheduled = false
  #head: number | undefined
  #liveUntil = 0
  #resumesAt = 0

  constructor(settings: HistoryReaderSettings) {
    this.#settings = settings
  }

  /**
   * Reads what follows `position` in `channels`.
   *
   * @returns a function that cancels the request. Idempotent.
   */
  read(position: number, channels: readonly string[], receiver: HistoryReceiver): () => void {
    const key = keyOf(position, channels)
    let group = this.#groups.get(key)
    if (!group) {
      group = { position, channels, receivers: new Set(), isReading: false }
      this.#groups.set(key, group)
    }
    group.receivers.add(receiver)
    this.#schedule()
    const { receivers } = group
    return () => {
      if (receivers.delete(receiver) && receivers.size === 0) this.#remove(position, channels, receivers)
    }
  }

  #remove(position: number, channels: readonly string[], receivers: Group['receivers']): void {
    const key = keyOf(position, channels)
    if (this.#groups.get(key)?.receivers === receivers) this.#groups.delete(key)
  }

  /** In the next turn: readers that were just served ask again, and are read together. */
  #schedule(): void {
    if (this.#isScheduled || this.#reads >= MAX_READS) return
    this.#isScheduled = true
    nextTurn(() => this.#startReads())
  }

  #startReads(): void {
    const pauseMs = this.#resumesAt - performance.now()
    if (pauseMs > 0) {
      setTimeout(() => this.#startReads(), pauseMs)
      return
    }
    this.#isScheduled = false
    while (this.#reads < MAX_READS && this.#startRead()) {}
  }

  /**
   * While live events are flowing, pauses for twice as long as the last read took, so that history uses at most a third
   * of the process's time. Measured with a client that reads events of 200 KB as fast as it can, as the median delay of
   * live events, without pauses and with them: 13 and 5 ms in memory, 16 and 6 on SQLite, 14 and 8 on Redis.
   */
  #pause(tookMs: number): void {
    const now = performance.now()
    const { head } = this.#settings.tail
    if (this.#head !== undefined && head !== this.#head) this.#liveUntil = now + LIVE_MS
    this.#head = head
    if (tookMs >= MIN_READ_MS && now < this.#liveUntil) this.#resumesAt = now + Math.min(2 * tookMs, MAX_PAUSE_MS)
  }

  #startRead(): boolean {
    const first = this.#firstWaiting()
    // Readers of the batch that is being given out ask for the same next one: they stay in step.
    if (this.#isSweeping || this.#serving > 0 || !first) return false
    const isStorm = this.#groups.size - this.#reads > MAX_OWN_GROUPS
    this.#reads += 1
    this.#isSweeping = isStorm
    const startedAt = performance.now()
    const reading = isStorm ? this.#sweep(this.#choosePosition(first)) : this.#readGroup(first)
    reading.then(() => {
      if (isStorm) this.#isSweeping = false
      this.#reads -= 1
      this.#pause(performance.now() - startedAt)
      this.#schedule()
    })
    return true
  }

  #firstWaiting(): Group | undefined {
    for (const group of this.#groups.values()) if (!group.isReading) return group
    return undefined
  }

  async #readGroup(group: Group): Promise<void> {
    const { position, channels, receivers } = group
    group.isReading = true
    let batch: Batch
    try {
      const page = await this.#readPage(position, { ...OWN_PAGE, channels })
      if (receivers.size === 0) return
      const frames = new PageFrames(page, this.#settings.encoder)
      batch = this.#select(page, position, await frames.of(channels))
    } catch (thrown) {
      return await this.#fail([group], thrown)
    } finally {
      this.#remove(position, channels, receivers)
    }
    await this.#serve(group, batch)
  }

  /** Reads a page of the whole log and serves every group that it concerns, also those that continue within it. */
  async #sweep(after: number): Promise<void> {
    try {
      const page = await this.#readPage(after, SHARED_PAGE)
      const end = page && page.reached < page.head ? page.reached : Number.POSITIVE_INFINITY
      const frames = new PageFrames(page, this.#settings.encoder)
      const until = performance.now() + MAX_PAGE_MS
      for (const [key, group] of this.#groups) {
        const { position, channels, isReading } = group
        if (isReading || position < after || position >= end) continue
        if (performance.now() > until) break
        this.#groups.delete(key)
        await this.#serve(group, this.#select(page, position, await frames.of(channels)))
      }
    } catch (thrown) {
      const failed = [...this.#groups.values()].filter(({ isReading }) => !isReading)
      for (const { position, channels, receivers } of failed) this.#remove(position, channels, receivers)
      await this.#fail(failed, thrown)
    }
  }

  /** From the lowest position upwards, so that all readers get in step. Every fourth round the longest wait is first. */
  #choosePosition(first: Group): number {
    this.#round += 1
    let lowest = first.position
    if (this.#round % 4 === 0) return lowest
    for (const { position, isReading } of this.#groups.values()) {
      if (!isReading && position < lowest) lowest = position
    }
    return lowest
  }

  /**
   * Reads a page. Returns `undefined` if the log was replaced: every reader has then been reset.
   *
   * @throws {SseError} errors of the engine.
   */
  async #readPage(after: number, options: ReadOptions): Promise<Page | undefined> {
    const { engine, tail, refresh } = this.#settings
    const { epoch } = tail
    const page = await engine.read(after, options)
    if (epoch !== tail.epoch) return undefined
    if (page.epoch !== epoch) {
      await refresh()
      if (epoch !== tail.epoch) return undefined
      throw new SseError(
        'engine_failed',
        `The engine has answered from the log ${page.epoch} and from ${epoch}`,
      )
    }
    if (page.reached <= after && page.head > after && page.oldest <= after + 1) {
      throw new SseError('engine_failed', `The engine has entries after ${after} and returned none of them`)
    }
    return page
  }

  /** Selects what a reader at `position` gets of a page's frames in its channels. */
  #select(page: Page | undefined, position: number, frames: readonly StoredFrame[]): Batch {
    const { head, epoch, ring } = this.#settings.tail
    if (!page || page.epoch !== epoch) return new Batch(position, [], position)
    // No reader gets an event before this process has seen every event below it.
    const found = frames.filter(
      (frame) => frame.position > position && frame.position <= head && !ring.isSuperseded(frame),
    )
    const reached = Math.max(position, Math.min(page.reached, head))
    const missingUpTo = page.oldest - 1 > position ? Math.min(page.oldest - 1, head) : undefined
    return makeBatch(position, found, reached, missingUpTo)
  }

  async #serve({ receivers }: Group, batch: Batch): Promise<void> {
    const { byteLength } = batch.joined
    this.#serving += 1
    for (const receiver of receivers) {
      receivers.delete(receiver)
      this.#guard(() => receiver.received(batch))
      await this.#budget.spend(byteLength)
    }
    this.#serving -= 1
    this.#schedule()
  }

  async #fail(groups: readonly Group[], thrown: unknown): Promise<void> {
    const error = engineError(thrown)
    this.#settings.onError(error)
    for (const { receivers } of groups) {
      for (const receiver of receivers) {
        receivers.delete(receiver)
        this.#guard(() => receiver.failed(error))
        await this.#budget.spend(0)
      }
    }
  }

  #guard(call: () => void): void {
    try {
      call()
    } catch (error) {
      this.#settings.onError(error)
    }
  }
}

/** Channels contain no control characters. */
function keyOf(position: number, channels: readonly string[]): string {
  return `${position}\n${channels.length === 1 ? channels[0] : channels.join('\n')}`
}
