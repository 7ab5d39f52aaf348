import { type Gap, isSseError, SseError } from '@sse/contract'
import type { Engine, NewEntry, Page } from './engine.ts'
import { type HistoryPage, HistoryReader } from './history-reader.ts'
import { Ring, type RingLimits } from './ring.ts'
import { encodeFrame, type StoredFrame } from './stored-frame.ts'

export interface LogSettings {
  readonly engine: Engine
  readonly ring: RingLimits
  readonly isLatestPerKey: (channel: string) => boolean
  /** New events, in order; the ring holds them already. */
  readonly onEvents: (frames: readonly StoredFrame[]) => void
  /** What the ring held has nothing to do with what comes: another epoch, or more was missed than is left. */
  readonly onReset: (reason: Gap['reason'], headBefore: number) => void
  readonly onError: (error: unknown) => void
}

/** Some of what lies after a position, and how far one has got with it. */
export interface Reading {
  readonly frames: readonly StoredFrame[]
  /** Everything in the channels asked for up to here is in `frames`. */
  readonly position: number
  /** What follows on the position asked for is no longer there, up to this one. */
  readonly missingUpTo: number | undefined
}

/** Entries a process takes from its engine at a time. */
const FOLLOW_LIMIT = 1_000
/** Frames a connection gets at a time: at 1 KB each, about one socket buffer. */
const READ_LIMIT = 256
const READ_BYTES = 262_144

/**
 * The hub's log as this process has it: one reader that follows the engine's log in order and without holes,
 * whatever the number of connections, and a ring of the newest frames.
 */
export class Log {
  readonly #settings: LogSettings
  readonly #ring: Ring
  readonly #history: HistoryReader
  readonly #stopWake: () => void
  #epoch = ''
  #opening: Promise<void> | undefined
  #isOpen = false
  #following: Promise<SseError | undefined> | undefined
  #isBehind = false

  constructor(settings: LogSettings) {
    this.#settings = settings
    this.#ring = new Ring(settings.ring, settings.isLatestPerKey)
    this.#history = new HistoryReader(settings.engine)
    this.#stopWake = settings.engine.onWake(() => this.follow())
  }

  get isOpen(): boolean {
    return this.#isOpen
  }

  get epoch(): string {
    return this.#epoch
  }

  /** Position of the newest event that this process has seen. */
  get head(): number {
    return this.#ring.head
  }

  get ring(): Ring {
    return this.#ring
  }

  /**
   * Reads the newest events into the ring, so that a storm of reconnects after a restart is served from memory.
   *
   * @throws {SseError} what the engine says; the next call tries again.
   */
  open(): Promise<void> {
    this.#opening ??= this.#fill().catch((error) => {
      this.#opening = undefined
      throw engineError(error)
    })
    return this.#opening
  }

  async #fill(): Promise<void> {
    const { engine, ring } = this.#settings
    const state = await engine.read(Number.MAX_SAFE_INTEGER, 0)
    this.#epoch = state.epoch
    this.#ring.reset(Math.max(state.oldest - 1, state.head - ring.maxEvents))
    let page: Page
    do {
      page = await engine.read(this.#ring.head, FOLLOW_LIMIT)
      if (page.epoch !== this.#epoch || page.oldest > this.#ring.head + 1) return this.#fill()
      for (const entry of page.entries) this.#ring.push(encodeFrame(this.#epoch, entry))
    } while (page.entries.length === FOLLOW_LIMIT)
    this.#isOpen = true
    if (this.#isBehind) this.follow() // woken while it was reading
  }

  /** Takes what this process has just stored, without reading it back where it follows directly on the head. */
  take(epoch: string, entries: readonly NewEntry[], positions: readonly number[]): void {
    if (epoch !== this.#epoch) return this.follow()
    const at = Date.now()
    const frames: StoredFrame[] = []
    for (const [index, entry] of entries.entries()) {
      const position = positions[index] as number
      if (position <= this.head) continue // stored before, or read meanwhile
      // One with a key may have been stored before, by another process and with other content.
      if (position !== this.head + 1 || entry.idempotencyKey !== undefined) {
        this.follow()
        break
      }
      const frame = encodeFrame(epoch, { ...entry, position, at })
      this.#ring.push(frame)
      frames.push(frame)
    }
    if (frames.length > 0) this.#settings.onEvents(frames)
  }

  /** Reads on from the head; what asks for it meanwhile is served by one more round. */
  follow(): void {
    this.#isBehind = true
    if (this.#isOpen) this.#following ??= this.#catchUp()
  }

  /**
   * Resolves when everything the engine holds by now has been seen.
   *
   * @throws {SseError} what the engine says; `onError` was told. What there is is not known then.
   */
  async refresh(): Promise<void> {
    await this.#following // began before: may have missed it
    this.follow()
    const error = await this.#following
    if (error) throw error
  }

  /** @returns what kept it from getting to the end. */
  async #catchUp(): Promise<SseError | undefined> {
    try {
      while (this.#isBehind) {
        this.#isBehind = false
        const from = this.head
        const page = await this.#settings.engine.read(from, FOLLOW_LIMIT)
        this.#takePage(page, from)
        if (page.entries.length === FOLLOW_LIMIT) this.#isBehind = true
      }
      return undefined
    } catch (thrown) {
      const error = engineError(thrown)
      this.#settings.onError(error) // the next wake or poll tries again
      return error
    } finally {
      this.#following = undefined
    }
  }

  #takePage({ epoch, head, oldest, entries }: Page, from: number): void {
    const before = this.head
    if (epoch !== this.#epoch) {
      this.#epoch = epoch
      this.#ring.reset(head)
      return this.#settings.onReset('epoch', before)
    }
    if (head < from) {
      this.#settings.onError(
        new SseError(
          'engine_failed',
          `The engine has lost events: its log ends at ${head}, after it had reached ${from}, and its epoch is still ${epoch}`,
        ),
      )
      this.#ring.reset(head)
      return this.#settings.onReset('ahead', before)
    }
    if (oldest > this.head + 1) {
      this.#ring.reset(oldest - 1)
      this.#settings.onReset('trimmed', before)
    }
    const frames: StoredFrame[] = []
    for (const entry of entries) {
      if (entry.position !== this.head + 1) continue // stored by this process while it was reading
      const frame = encodeFrame(epoch, entry)
      this.#ring.push(frame)
      frames.push(frame)
    }
    if (frames.length > 0) this.#settings.onEvents(frames)
  }

  /** What follows on `position` in `channels`, from the ring; `undefined` when that does not reach back so far. */
  readRing(position: number, channels: readonly string[]): Reading | undefined {
    if (!this.#ring.reaches(position)) return undefined
    const found = this.#ring.after(position, READ_LIMIT, channels)
    const frames: StoredFrame[] = []
    let bytes = 0
    for (const frame of found) {
      if (bytes >= READ_BYTES)
        return { frames, position: (frames.at(-1) as StoredFrame).position, missingUpTo: undefined }
      if (this.#ring.isSuperseded(frame)) continue
      frames.push(frame)
      bytes += frame.bytes.byteLength
    }
    const reached = found.length < READ_LIMIT ? this.head : (found.at(-1) as StoredFrame).position
    return { frames, position: reached, missingUpTo: undefined }
  }

  /**
   * The same from the engine, for what is older than the ring.
   *
   * @throws what the engine says; `onError` was told.
   */
  async readEngine(position: number, channels: readonly string[]): Promise<Reading> {
    let page: HistoryPage
    try {
      page = await this.#history.read(position, channels)
    } catch (error) {
      this.#settings.onError(engineError(error))
      throw error
    }
    if (page.epoch !== this.#epoch) {
      await this.refresh() // `onReset` moves everybody
      return { frames: [], position, missingUpTo: undefined }
    }
    // Nobody is shown an event before this process has seen everything below it.
    const frames = page.frames.filter(
      (frame) => frame.position <= this.head && !this.#ring.isSuperseded(frame),
    )
    const missingUpTo = page.oldest - 1 > position ? Math.min(page.oldest - 1, this.head) : undefined
    return { frames, position: Math.max(position, Math.min(page.position, this.head)), missingUpTo }
  }

  /** Resolves when nothing is under way any more. */
  async close(): Promise<void> {
    this.#stopWake()
    this.#isOpen = false // nothing is followed from now on
    this.#isBehind = false
    await this.#following
  }
}

/** An engine MUST say an `SseError`; one that does not is a failure of the engine. */
export function engineError(error: unknown): SseError {
  if (isSseError(error)) return error
  return new SseError('engine_failed', 'The engine failed', { cause: error })
}
