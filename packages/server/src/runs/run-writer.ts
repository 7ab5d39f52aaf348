import { isSseError, SseError, type StreamContract } from '@sse/contract'
import type { AppendResult } from '../log/append-queue.ts'
import type { Commit, NewEntry } from '../log/engine.ts'
import { makeRunEvent, type RunEvent } from './run-event.ts'
import type { RunHub } from './run-log.ts'

/** What a writer needs of the runs' hub. */
export type WriterHub = Pick<RunHub, 'appendOwn' | 'checkSize' | 'needsKeys'>

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
 * idempotency keys until it is stored, so that nothing is missing and nothing is doubled. An engine that never rejects what
 * it has stored needs no keys.
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
  /** Batch on its way to the engine. Empty: none. */
  #batch: readonly NewEntry[] = []
  /** Entries of the batch that are not stored yet. */
  #left: readonly NewEntry[] = []
  /** Positions of a batch that was stored in parts. */
  readonly #positions = new Map<NewEntry, number>()
  /** Why the event after the batch's last entry cannot be stored. */
  #refusal: unknown
  #retryMs = FIRST_RETRY_MS
  #retryTimer: ReturnType<typeof setTimeout> | undefined
  #onIdle: (() => void)[] = []
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
    this.#start()
    if (this.#isBusy) await new Promise<void>((resolve) => this.#onIdle.push(resolve))
    if (this.#error !== undefined) throw this.#error
  }

  /** Drops what waits. An append that is in flight is not repeated. */
  close(): void {
    this.#isClosed = true
    clearTimeout(this.#retryTimer)
    this.#stop()
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

  get #isBusy(): boolean {
    return this.#batch.length > 0
  }

  /** Starts a batch now, or once the last event has waited for others to merge with. */
  #schedule(): void {
    if (this.#isBusy) return
    const { merge, batchMs } = this.#settings
    const mayWait = this.#pending.length === 1 && merge.has((this.#pending[0] as RunEvent).event)
    if (!mayWait) return this.#start()
    const waitMs = this.#lastFlushAt + batchMs - performance.now()
    if (waitMs <= 0) return this.#start()
    this.#timer ??= setTimeout(() => this.#start(), waitMs)
  }

  /** Starts a batch of everything that waits, unless one is on its way. */
  #start(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    if (this.#isBusy || this.#isClosed || this.#pending.length === 0) return
    const batch = this.#pending
    this.#pending = []
    if (this.#settings.merge.size > 0) this.#lastFlushAt = performance.now()
    const { entries, error } = this.#encode(batch)
    this.#batch = entries
    this.#left = entries
    this.#refusal = error
    if (this.#isBusy) this.#append()
    else this.#stored([])
  }

  #append(): void {
    try {
      this.#settings.hub.appendOwn(this.#left, this.#onSettled)
    } catch (error) {
      this.#fail(error)
    }
  }

  readonly #onSettled = (results: readonly AppendResult[]): void => {
    if (this.#isClosed) return
    const failed = results.find((result) => result instanceof Error)
    if (!failed && this.#positions.size === 0) return this.#stored(results as readonly Commit[])
    const tried = this.#left
    this.#left = tried.filter((_, index) => results[index] instanceof Error)
    for (const [index, result] of results.entries()) {
      if (!(result instanceof Error)) this.#positions.set(tried[index] as NewEntry, result.position)
    }
    if (!failed)
      this.#stored(this.#batch.map((entry) => ({ position: this.#positions.get(entry) as number })))
    else if (isTransient(failed)) this.#retryLater()
    else this.#fail(failed)
  }

  #retryLater(): void {
    this.#retryTimer = setTimeout(() => this.#append(), this.#retryMs)
    this.#retryMs = Math.min(this.#retryMs * 2, MAX_RETRY_MS)
  }

  /** A batch is stored. One that was stored in two parts, the first of which had to be repeated, is out of order. */
  #stored(results: readonly { readonly position: number }[]): void {
    for (const { position } of results) {
      if (position <= this.#lastPosition) {
        return this.#fail(
          new SseError('engine_failed', 'The engine stored the events of a run in another order'),
        )
      }
      this.#lastPosition = position
    }
    if (this.#refusal !== undefined) return this.#fail(this.#refusal)
    this.#batch = []
    this.#positions.clear()
    this.#retryMs = FIRST_RETRY_MS
    // A single event may wait for others, unless `flush` was called.
    if (this.#pending.length > 1 || this.#onIdle.length > 0) this.#start()
    else if (this.#pending.length > 0) this.#schedule()
    if (!this.#isBusy) this.#idle()
  }

  #fail(error: unknown): void {
    this.#error = error
    this.#stop()
  }

  #stop(): void {
    clearTimeout(this.#timer)
    this.#pending = []
    this.#batch = []
    this.#idle()
  }

  #idle(): void {
    for (const resolve of this.#onIdle.splice(0)) resolve()
  }

  /** Encodes events up to the first one that is too large. */
  #encode(batch: readonly RunEvent[]): { entries: NewEntry[]; error: unknown } {
    const { hub, channel, keyPrefix } = this.#settings
    const entries: NewEntry[] = []
    try {
      for (const { event, data } of batch) {
        hub.checkSize(event, data)
        const idempotencyKey = hub.needsKeys ? `${keyPrefix}${this.#sequence}` : undefined
        entries.push({ channel, event, data, key: undefined, idempotencyKey })
        this.#sequence += 1
      }
    } catch (error) {
      return { entries, error }
    }
    return { entries, error: undefined }
  }
}

/** Returns whether the same call may succeed later. */
export function isTransient(error: unknown): boolean {
  return isSseError(error) && (error.code === 'engine_unavailable' || error.code === 'overloaded')
}
