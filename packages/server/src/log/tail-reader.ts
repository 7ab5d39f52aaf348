import { SseError } from '@sse/contract'
import { nextTurn } from '../timing/next-turn.ts'
import { type Periodic, startPeriodic, stopPeriodic, unref } from '../timing/periodic.ts'
import { type CheckedEngine, engineError } from './checked-engine.ts'
import type { Page } from './engine.ts'
import type { LogTail } from './log-tail.ts'
import { type NewestLimits, PAGE_BYTES, PAGE_LIMIT, readNewest } from './newest-entries.ts'

/** How often the engine is polled: a lost wake-up delays an event by at most this. */
const POLL_MS = 1_000
/** The same while the log is quiet and the engine's wake-ups are reliable. */
const QUIET_POLL_MS = 30_000
/** Time without a new entry after which the log is quiet. */
const QUIET_AFTER_MS = 5_000
/** How long the log is still followed after its last reader has left, so that a reconnect finds it ready. */
const LINGER_MS = 3_000
/** Pause after a failure, during which wake-ups wait: an engine that fails at once must not be asked in a loop. */
const PAUSE_MS = 100

const PAGE = { limit: PAGE_LIMIT, maxBytes: PAGE_BYTES }

export interface TailReaderSettings {
  readonly engine: CheckedEngine
  readonly tail: LogTail
  /** What of the log is read when it is opened. */
  readonly limits: NewestLimits
  /** Entries may have been missed: the log continues at another place. Must not throw. */
  readonly onJump: () => void
  /** Called about once a second while the log is read. */
  readonly onTick: () => void
  /** Receives failures in the background. Must not throw. */
  readonly onError: (error: unknown) => void
}

/**
 * Reads the engine's newest entries into the tail, in order and without holes, while the log has readers. Without
 * readers, nothing is sent to the engine.
 */
export class TailReader implements Periodic {
  readonly #settings: TailReaderSettings
  #readers = 0
  #opening: Promise<void> | undefined
  #isOpen = false
  #isClosed = false
  #following: Promise<SseError | undefined> | undefined
  /** Whether the engine may have entries that were not read yet. */
  #isBehind = false
  #isPaused = false
  #stopWake: (() => void) | undefined
  #isTicking = false
  #parkTimer: ReturnType<typeof setTimeout> | undefined
  /** When the engine was last asked, and when it last had a new entry. */
  #readAt = Number.NEGATIVE_INFINITY
  #newsAt = 0
  #headBefore = 0
  /** Changes when the log is no longer followed: what was read before is then out of date. */
  #session = 0

  constructor(settings: TailReaderSettings) {
    this.#settings = settings
  }

  /** Whether the tail has every entry that the engine is known to have. */
  get isOpen(): boolean {
    return this.#isOpen
  }

  /** Counts a reader: the log is followed, once it is open, until every reader was removed. */
  addReader(): void {
    this.#readers += 1
    if (this.#isClosed || this.#readers > 1) return
    clearTimeout(this.#parkTimer)
    if (!this.#isTicking) startPeriodic(this, POLL_MS)
    this.#isTicking = true
  }

  removeReader(): void {
    this.#readers -= 1
    if (this.#readers > 0 || this.#isClosed) return
    this.#parkTimer = setTimeout(() => this.#park(), LINGER_MS)
    unref(this.#parkTimer)
  }

  /**
   * Reads up to the engine's head. Called by readers.
   *
   * @throws {SseError} errors of the engine; the next call tries again. `hub_closed`.
   */
  open(): Promise<void> {
    if (this.#isClosed) return Promise.reject(new SseError('hub_closed', 'The hub is closed'))
    if (this.#isOpen) return Promise.resolve()
    this.#opening ??= this.#open().finally(() => {
      this.#opening = undefined
    })
    return this.#opening
  }

  async #open(): Promise<void> {
    const { engine, tail, limits } = this.#settings
    this.#listen()
    this.#isBehind = false
    if (!(await this.#continue())) {
      const { epoch, head, after, entries } = await readNewest(engine, limits)
      tail.start(epoch, after)
      tail.add(entries, head)
    }
    if (this.#isClosed) throw new SseError('hub_closed', 'The hub is closed')
    this.#isOpen = true
    this.#newsAt = performance.now()
    this.#listen() // the last reader may have left in the meantime, and another one come
    if (this.#readers === 0) this.#park()
    else if (this.#isBehind) this.follow() // woken while it was reading
  }

  /** Continues after the tail's head, if little has happened since the log was last followed. */
  async #continue(): Promise<boolean> {
    const { engine, tail } = this.#settings
    if (tail.epoch === '') return false
    const { epoch, oldest, head, entries, reached } = await engine.read(tail.head, PAGE)
    if (epoch !== tail.epoch || oldest > tail.head + 1 || head < tail.head || reached < head) return false
    tail.add(entries, reached)
    return true
  }

  /** Reads on from the head. A call during a read is served by one more read. */
  follow(): void {
    this.#isBehind = true
    if (this.#isOpen && !this.#isPaused) this.#following ??= this.#catchUp()
  }

  /**
   * Resolves once every event the engine has at the time of the call was read. Called by readers.
   *
   * @throws {SseError} errors of the engine, already reported. The engine's state is then unknown.
   */
  async refresh(): Promise<void> {
    await this.open()
    await this.#following // started before the call: it may miss an event
    this.#isBehind = true
    this.#following ??= this.#catchUp()
    const error = await this.#following
    if (error) throw error
  }

  tick(): void {
    this.#settings.onTick()
    if (this.#isOpen) {
      if (this.#isPollDue()) this.follow()
    } else if (this.#readers > 0) this.open().catch(this.#settings.onError)
  }

  #isPollDue(): boolean {
    const { engine, tail } = this.#settings
    const now = performance.now()
    if (tail.head !== this.#headBefore) this.#newsAt = now
    this.#headBefore = tail.head
    const isQuiet = now - this.#newsAt > QUIET_AFTER_MS && engine.hasReliableWakes
    return !isQuiet || now - this.#readAt > QUIET_POLL_MS
  }

  /** Resolves once nothing is in flight. */
  async close(): Promise<void> {
    this.#isClosed = true
    const following = this.#following
    this.#park()
    await this.#opening?.catch(() => {}) // its callers get the error
    await following
  }

  /** Resolves with the error that stopped it before the head. */
  async #catchUp(): Promise<SseError | undefined> {
    const { engine, tail, onError } = this.#settings
    const session = this.#session
    try {
      for (let round = 0; this.#isBehind; round += 1) {
        if (round > 0) await new Promise<void>(nextTurn)
        this.#isBehind = false
        const from = tail.head
        this.#readAt = performance.now()
        const page = await engine.read(from, PAGE)
        if (session !== this.#session) break
        this.#take(page, from)
        if (tail.head < page.head) this.#isBehind = true
      }
      return undefined
    } catch (thrown) {
      const error = engineError(thrown)
      this.#pause()
      this.#readAt = Number.NEGATIVE_INFINITY
      onError(error) // the next wake-up, or the poll within a second, tries again
      return error
    } finally {
      if (session === this.#session) this.#following = undefined
    }
  }

  #take({ epoch, head, oldest, entries, reached }: Page, from: number): void {
    const { tail, onError } = this.#settings
    if (epoch !== tail.epoch) return this.#jump(epoch, head, 'epoch')
    if (head < from) {
      const lost = `its log ends at ${head} after it had reached ${from}, and the epoch is still ${epoch}`
      onError(new SseError('engine_failed', `The engine has lost events: ${lost}`))
      return this.#jump(epoch, head, 'ahead')
    }
    if (oldest > tail.head + 1) this.#jump(epoch, oldest - 1, 'trimmed')
    tail.add(entries, Math.min(reached, head))
    if (reached <= from && head > tail.head) {
      throw new SseError('engine_failed', `The engine has entries after ${from} and returned none of them`)
    }
  }

  #jump(epoch: string, head: number, reason: 'epoch' | 'ahead' | 'trimmed'): void {
    const { tail, onJump } = this.#settings
    tail.jump(epoch, head, reason)
    onJump()
  }

  #pause(): void {
    this.#isPaused = true
    const timer = setTimeout(() => {
      this.#isPaused = false
      if (this.#isBehind) this.follow()
    }, PAUSE_MS)
    unref(timer)
  }

  /** Stops everything until the next reader. */
  #park(): void {
    if (this.#readers > 0 && !this.#isClosed) return
    clearTimeout(this.#parkTimer)
    stopPeriodic(this, POLL_MS)
    this.#isTicking = false
    this.#stopWake?.()
    this.#stopWake = undefined
    this.#session += 1
    this.#following = undefined
    this.#isOpen = false
    this.#isBehind = false
  }

  #listen(): void {
    this.#stopWake ??= this.#settings.engine.onWake(() => this.follow())
  }
}
