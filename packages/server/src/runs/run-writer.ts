import { isSseError, SseError, type StreamContract } from '@sse/contract'
import type { AppendResult } from '../log/append-queue.ts'
import type { NewEntry } from '../log/engine.ts'
import { makeRunEvent, type RunEvent } from './run-event.ts'
import type { RunHub } from './run-log.ts'

/** What a writer needs of the runs' hub. */
export type WriterHub = Pick<RunHub, 'appendOwn' | 'checkSize'>

export interface RunWriterSettings {
  readonly contract: StreamContract
  readonly hub: WriterHub
  /** Channel of the attempt. Nothing else appends to it. */
  readonly channel: string
  /** First part of the idempotency keys. An earlier run with the same id, which is no longer retained, had another one. */
  readonly keyPrefix: string
  readonly merge: ReadonlyMap<string, (earlier: unknown, later: unknown) => unknown>
  readonly batchMs: number
}

/** Events that wait, and events of one batch. The source is not asked for more while this many wait. */
const MAX_PENDING = 256
/** Events merged into one. Keeps a payload small while the engine is away. */
const MAX_MERGED = 1_024
const FIRST_RETRY_MS = 50
const MAX_RETRY_MS = 2_000

/**
 * Stores the events of one attempt, in order. A batch that fails because the engine is away is repeated with the same
 * idempotency keys until it is stored, so that nothing is missing and nothing is doubled.
 */
export class RunWriter {
  readonly #settings: RunWriterSettings
  #pending: RunEvent[] = []
  /** How many events the last pending one contains. */
  #merged = 0
  #sequence = 0
  #lastFlushAt = Number.NEGATIVE_INFINITY
  #lastPosition = 0
  #timer: ReturnType<typeof setTimeout> | undefined
  #flushing: Promise<void> | undefined
  #retry: { timer: ReturnType<typeof setTimeout>; resolve: () => void } | undefined
  #error: unknown
  #isClosed = false

  constructor(settings: RunWriterSettings) {
    this.#settings = settings
  }

  get isFull(): boolean {
    return this.#pending.length >= MAX_PENDING
  }

  /** Takes an event. @throws what an earlier event failed with. */
  push(event: RunEvent): void {
    if (this.#error !== undefined) throw this.#error
    if (this.#isClosed) return
    if (!this.#merge(event)) {
      this.#pending.push(event)
      this.#merged = 1
    }
    this.#schedule()
  }

  /** Resolves once everything pushed is stored, or `close` was called. @throws what an event failed with. */
  async flush(): Promise<void> {
    while (this.#pending.length > 0 || this.#flushing) {
      this.#start()
      await this.#flushing
      if (this.#error !== undefined) throw this.#error
    }
    if (this.#error !== undefined) throw this.#error
  }

  /** Drops what waits. An append that is in flight is not repeated. */
  close(): void {
    this.#isClosed = true
    this.#pending = []
    clearTimeout(this.#timer)
    clearTimeout(this.#retry?.timer)
    this.#retry?.resolve()
  }

  #merge(event: RunEvent): boolean {
    const { merge, contract } = this.#settings
    if (merge.size === 0) return false
    const combine = merge.get(event.event)
    const last = this.#pending.at(-1)
    if (!combine || last?.event !== event.event || this.#merged >= MAX_MERGED) return false
    const payload = combine(last.payload, event.payload)
    if (payload === undefined) return false
    this.#pending[this.#pending.length - 1] = makeRunEvent(contract, event.event, payload)
    this.#merged += 1
    return true
  }

  /** Starts a batch now, or once the last event has waited for others to merge with. */
  #schedule(): void {
    if (this.#flushing) return
    const { merge, batchMs } = this.#settings
    const waitMs = this.#lastFlushAt + batchMs - performance.now()
    const mayWait = this.#pending.length === 1 && merge.has((this.#pending[0] as RunEvent).event)
    if (!mayWait || waitMs <= 0) return this.#start()
    this.#timer ??= setTimeout(() => this.#start(), waitMs)
  }

  #start(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#flushing ??= this.#flushAll()
  }

  async #flushAll(): Promise<void> {
    try {
      while (this.#pending.length > 0 && !this.#isClosed) {
        const batch = this.#pending
        this.#pending = []
        this.#lastFlushAt = performance.now()
        await this.#store(batch)
        if (this.#pending.length === 1) break // it may wait for others
      }
    } catch (error) {
      this.#error = error
      this.#pending = []
    }
    this.#flushing = undefined
    if (this.#pending.length > 0 && !this.#isClosed) this.#schedule()
  }

  async #store(batch: readonly RunEvent[]): Promise<void> {
    const { entries, error } = this.#encode(batch)
    const positions: (number | undefined)[] = entries.map(() => undefined)
    let left = entries
    for (let waitMs = FIRST_RETRY_MS; left.length > 0; waitMs = Math.min(waitMs * 2, MAX_RETRY_MS)) {
      const results = await this.#append(left)
      const failed = results.find((result) => result instanceof Error)
      for (const [index, result] of results.entries()) {
        if (!(result instanceof Error)) positions[entries.indexOf(left[index] as NewEntry)] = result.position
      }
      if (!failed) break
      if (!isTransient(failed)) throw failed
      await this.#pause(waitMs)
      if (this.#isClosed) return
      left = entries.filter((_, index) => positions[index] === undefined)
    }
    this.#checkOrder(positions as number[])
    if (error !== undefined) throw error
  }

  /** Encodes events up to the first one that is too large. */
  #encode(batch: readonly RunEvent[]): { entries: NewEntry[]; error: unknown } {
    const { hub, channel, keyPrefix } = this.#settings
    const entries: NewEntry[] = []
    try {
      for (const { event, data } of batch) {
        hub.checkSize(event, data)
        entries.push({
          channel,
          event,
          data,
          key: undefined,
          idempotencyKey: `${keyPrefix}${this.#sequence}`,
        })
        this.#sequence += 1
      }
    } catch (error) {
      return { entries, error }
    }
    return { entries, error: undefined }
  }

  #append(entries: readonly NewEntry[]): Promise<readonly AppendResult[]> {
    return new Promise((resolve) => this.#settings.hub.appendOwn(entries, resolve))
  }

  /** A batch that was stored in two parts, the first of which had to be repeated, is out of order. */
  #checkOrder(positions: readonly number[]): void {
    for (const position of positions) {
      if (position <= this.#lastPosition) {
        throw new SseError('engine_failed', 'The engine stored the events of a run in another order')
      }
      this.#lastPosition = position
    }
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms)
      this.#retry = { timer, resolve }
    })
  }
}

/** Returns whether the same call may succeed later. */
export function isTransient(error: unknown): boolean {
  return isSseError(error) && (error.code === 'engine_unavailable' || error.code === 'overloaded')
}
