import { isSseError, SseError } from '@sse/contract'
import { nextTurn } from '../timing/next-turn.ts'
import { type Periodic, startPeriodic, stopPeriodic } from '../timing/periodic.ts'
import type { Engine, Entry, LogState, NewEntry, Page, Retention } from './engine.ts'
import type { Fanout } from './fanout.ts'
import { FrameEncoder } from './frame-encoder.ts'
import { HistoryReader } from './history-reader.ts'
import { formatId } from './id.ts'
import { type Batch, LogTail } from './log-tail.ts'
import { Ring } from './ring.ts'
import { Trimmer } from './trimmer.ts'

export interface LogSettings {
  readonly engine: Engine
  readonly retention: Retention
  readonly ring: { readonly maxEvents: number; readonly maxBytes: number }
  readonly latestPerKey: (channel: string) => boolean
  /** Receives failures in the background. Must not throw. */
  readonly onError: (error: unknown) => void
}

interface PendingAppend {
  readonly entry: NewEntry
  readonly resolve: (id: string) => void
  readonly reject: (error: SseError) => void
}

/** Maximum size of one append, in entries and in characters of their data. */
const APPEND_LIMIT = 1_000
const APPEND_CHARS = 4_194_304
/** Maximum number of appends that wait for a slow engine. */
const MAX_PENDING = 100_000
/** Entries, and bytes of their data, read from the engine at a time. */
const FOLLOW_LIMIT = 1_000
const FOLLOW_BYTES = 4_194_304
/** How often the engine is polled: a lost wake-up delays an event by at most this. */
const POLL_MS = 1_000

/**
 * A hub's log in this process: it appends to the engine, follows it in order and without holes with a single reader,
 * and passes new events to the fan-out. It uses the engine only once it is used itself.
 */
export class Log implements Periodic {
  readonly tail: LogTail
  readonly #engine: Engine
  readonly #ringEvents: number
  readonly #onError: (error: unknown) => void
  readonly #encoder: FrameEncoder
  readonly #history: HistoryReader
  readonly #trimmer: Trimmer
  #pending: PendingAppend[] = []
  #appending: Promise<void> | undefined
  #opening: Promise<void> | undefined
  #isOpen = false
  #isClosed = false
  #following: Promise<SseError | undefined> | undefined
  /** Whether the engine may have entries that were not read yet. */
  #isBehind = false
  #readingState: Promise<LogState> | undefined
  #stopWake: (() => void) | undefined
  #hasUpkeep = false
  /** Number of entries appended by this process. */
  appended = 0

  constructor({ engine, retention, ring, latestPerKey, onError }: LogSettings, fanout: Fanout) {
    const { maxEvents, maxAgeMs } = retention
    this.#engine = engine
    this.#onError = onError
    this.#ringEvents = Math.min(ring.maxEvents, maxEvents)
    this.#encoder = new FrameEncoder(latestPerKey, onError)
    const limits = { maxEvents: this.#ringEvents, maxBytes: ring.maxBytes, maxAgeMs }
    this.tail = new LogTail(new Ring(limits), fanout, this.#encoder)
    this.#history = new HistoryReader(engine, this.#encoder)
    this.#trimmer = new Trimmer(engine, retention, onError)
  }

  /** Whether the ring is filled and the log is followed. */
  get isOpen(): boolean {
    return this.#isOpen
  }

  /** Number of entries that could not be delivered. */
  get skipped(): number {
    return this.#encoder.skipped
  }

  /**
   * Appends an entry and resolves with its id once it is stored. Entries of one turn of the event loop, and those that
   * arrive while an append is in flight, share one append. The first one also opens the log, without waiting for it.
   *
   * @throws {SseError} `overloaded`, errors of the engine.
   */
  append(entry: NewEntry): Promise<string> {
    if (this.#pending.length >= MAX_PENDING) {
      const message = `${MAX_PENDING} publishes are waiting for the engine: await them, or publish less`
      return Promise.reject(new SseError('overloaded', message))
    }
    return new Promise((resolve, reject) => {
      this.#pending.push({ entry, resolve, reject })
      this.#appending ??= this.#appendPending()
    })
  }

  async #appendPending(): Promise<void> {
    this.open().catch(() => {}) // the append meets the same error, and the next call tries again
    await new Promise<void>(nextTurn)
    while (this.#pending.length > 0) await this.#appendBatch(this.#takePending())
    // In the same turn as the check of `#pending`: a later append starts again.
    this.#appending = undefined
  }

  /** One batch must not become so large that the engine rejects all of it. */
  #takePending(): PendingAppend[] {
    let count = 0
    for (let chars = 0; count < Math.min(this.#pending.length, APPEND_LIMIT); count += 1) {
      chars += (this.#pending[count] as PendingAppend).entry.data.length
      if (chars > APPEND_CHARS && count > 0) break
    }
    const batch = this.#pending.slice(0, count)
    this.#pending = this.#pending.slice(count)
    return batch
  }

  async #appendBatch(batch: readonly PendingAppend[]): Promise<void> {
    const entries = batch.map(({ entry }) => entry)
    try {
      const { epoch, positions } = await this.#engine.append(entries)
      this.#addAppended(epoch, entries, positions)
      this.appended += entries.length
      this.#trimmer.appended(entries.length)
      for (let index = 0; index < batch.length; index += 1) {
        const position = positions[index] as number
        ;(batch[index] as PendingAppend).resolve(formatId({ epoch, position }))
      }
    } catch (cause) {
      const error = engineError(cause)
      for (const { reject } of batch) reject(error)
      this.follow() // the entries may have been stored all the same
    }
  }

  /** Adds appended entries without reading them back, as far as they follow directly on the head. */
  #addAppended(epoch: string, entries: readonly NewEntry[], positions: readonly number[]): void {
    if (!this.#isOpen || epoch !== this.tail.epoch) return this.follow()
    const at = Date.now()
    const added: Entry[] = []
    let { head } = this.tail
    for (const [index, entry] of entries.entries()) {
      const position = positions[index] as number
      if (position <= head) continue // stored before, or read in the meantime
      // With an idempotency key, another process may have stored it before with other content.
      if (position !== head + 1 || entry.idempotencyKey !== undefined) {
        this.follow()
        break
      }
      added.push({ ...entry, position, at })
      head = position
    }
    this.tail.add(added)
  }

  /**
   * Reads the newest events into the ring, so that reconnects after a restart are served from memory.
   *
   * @throws {SseError} errors of the engine; the next call tries again. `hub_closed`.
   */
  open(): Promise<void> {
    if (this.#isClosed) return Promise.reject(new SseError('hub_closed', 'The hub is closed'))
    this.#opening ??= this.#fill().catch((error) => {
      this.#opening = undefined
      throw engineError(error)
    })
    return this.#opening
  }

  async #fill(): Promise<void> {
    this.startUpkeep()
    this.#stopWake ??= this.#engine.onWake(() => this.follow())
    const { epoch, oldest, head } = await this.#engine.read(Number.MAX_SAFE_INTEGER, { limit: 0, maxBytes: 0 })
    this.tail.start(epoch, Math.max(oldest - 1, head - this.#ringEvents))
    let isFull = true
    while (isFull && !this.#isClosed) {
      const from = this.tail.head
      const page = await this.#engine.read(from, { limit: FOLLOW_LIMIT, maxBytes: FOLLOW_BYTES })
      if (page.epoch !== epoch || page.oldest > from + 1) return this.#fill()
      this.tail.add(page.entries)
      isFull = page.reached < page.head && this.tail.head > from
    }
    if (this.#isClosed) return
    this.#isOpen = true
    if (this.#isBehind) this.follow() // woken while it was reading
  }

  /** Reads on from the head. A call during a read is served by one more read. */
  follow(): void {
    this.#isBehind = true
    if (this.#isOpen) this.#following ??= this.#catchUp()
  }

  /**
   * Resolves once every event the engine has at the time of the call was read.
   *
   * @throws {SseError} errors of the engine, already reported. The engine's state is then unknown.
   */
  async refresh(): Promise<void> {
    await this.#following // started before the call: it may miss an event
    this.follow()
    const error = await this.#following
    if (error) throw error
  }

  /** Resolves with the error that stopped it before the head. */
  async #catchUp(): Promise<SseError | undefined> {
    try {
      while (this.#isBehind) {
        this.#isBehind = false
        const from = this.tail.head
        const page = await this.#engine.read(from, { limit: FOLLOW_LIMIT, maxBytes: FOLLOW_BYTES })
        this.#addPage(page, from)
        if (page.reached < page.head && this.tail.head > from) this.#isBehind = true
      }
      return undefined
    } catch (thrown) {
      const error = engineError(thrown)
      this.#onError(error) // the next wake-up or poll tries again
      return error
    } finally {
      this.#following = undefined
    }
  }

  #addPage({ epoch, head, oldest, entries }: Page, from: number): void {
    if (epoch !== this.tail.epoch) return this.tail.jump(epoch, head, 'epoch')
    if (head < from) {
      const lost = `its log ends at ${head} after it had reached ${from}, and the epoch is still ${epoch}`
      this.#onError(new SseError('engine_failed', `The engine has lost events: ${lost}`))
      return this.tail.jump(epoch, head, 'ahead')
    }
    if (oldest > this.tail.head + 1) this.tail.jump(epoch, oldest - 1, 'trimmed')
    this.tail.add(entries)
  }

  /** Reads how far back the engine's log reaches. One read serves every call of a turn. */
  readState(): Promise<LogState> {
    this.#readingState ??= new Promise<void>(nextTurn).then(() => {
      this.#readingState = undefined
      return this.#engine.read(Number.MAX_SAFE_INTEGER, { limit: 0, maxBytes: 0 })
    })
    return this.#readingState
  }

  /**
   * Reads what follows `position` in `channels` from the engine, for readers behind the ring.
   *
   * @throws {SseError} errors of the engine, already reported.
   */
  async readHistory(position: number, channels: readonly string[]): Promise<Batch> {
    try {
      const page = await this.#history.read(position, channels)
      const { tail } = this
      if (page.epoch !== tail.epoch) {
        await this.refresh() // resets every follower
        return { after: position, frames: [], position, missingUpTo: undefined }
      }
      // No reader gets an event before this process has seen every event below it.
      const frames = page.frames.filter(
        (frame) => frame.position <= tail.head && !tail.ring.isSuperseded(frame),
      )
      const reached = Math.max(position, Math.min(page.position, tail.head))
      const missingUpTo = page.oldest - 1 > position ? Math.min(page.oldest - 1, tail.head) : undefined
      return { after: position, frames, position: reached, missingUpTo }
    } catch (thrown) {
      const error = engineError(thrown)
      this.#onError(error)
      throw error
    }
  }

  /** Counts and reports an event that a reader cannot decode, once. */
  skip(id: string, cause: unknown): void {
    this.#encoder.skip(id, cause)
  }

  /** Starts the timer that polls the engine, expires the ring and trims. Idempotent. */
  startUpkeep(): void {
    if (this.#hasUpkeep || this.#isClosed) return
    this.#hasUpkeep = true
    startPeriodic(this, POLL_MS)
  }

  tick(): void {
    this.follow()
    this.tail.ring.expire(Date.now())
    this.#trimmer.run()
  }

  /** Resolves once pending appends are stored and nothing is in flight. */
  async close(): Promise<void> {
    this.#isClosed = true
    stopPeriodic(this, POLL_MS)
    await this.#appending
    await this.#opening?.catch(() => {}) // its callers got the error
    this.#stopWake?.()
    this.#isOpen = false // stops following
    this.#isBehind = false
    await Promise.all([this.#trimmer.stop(), this.#following])
  }
}

/** Returns an `SseError`. Anything else an engine rejects with is a fault of the engine. */
export function engineError(error: unknown): SseError {
  if (isSseError(error)) return error
  return new SseError('engine_failed', 'The engine failed', { cause: error })
}
